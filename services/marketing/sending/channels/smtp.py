"""Letters to a mail server, over a few connections that are kept open."""

import asyncio
import contextlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib
import structlog

from services.marketing.sending.domain.attempt import Via
from services.marketing.sending.domain.letter import Letter
from services.marketing.sending.domain.verdict import ACCEPTED, LATER, LOST, REFUSED, Verdict, answered

_LETTERS_A_CONNECTION = 10
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
log = structlog.get_logger()


class _NoUtf8(Exception):
    """The server cannot take this address, now or later."""


class Smtp:
    """Each letter's verdict follows from how far its own conversation came."""

    via: Via = "smtp"

    def __init__(self, url: str, sender: str, connections: int, timeout_s: float) -> None:
        self.batch = connections * _LETTERS_A_CONNECTION
        self._sender = sender
        self._clients = [_Client(url, timeout_s) for _ in range(connections)]

    async def hand_over(self, letters: Sequence[Letter]) -> Mapping[UUID, Verdict]:
        verdicts: dict[UUID, Verdict] = {}
        waiting = list(reversed(letters))

        async def empty(client: "_Client") -> None:
            while waiting:
                letter = waiting.pop()
                verdicts[letter.message_id] = await client.send(self._sender, letter)

        await asyncio.gather(*(empty(client) for client in self._clients))
        return verdicts

    async def remove(self, ids: Collection[UUID]) -> None:
        """Nothing is held here, and nobody can call a letter back."""

    async def close(self) -> None:
        await asyncio.gather(*(client.quit() for client in self._clients))


class _Client:
    """One connection, opened when needed and again after it broke."""

    def __init__(self, url: str, timeout_s: float) -> None:
        parts = urlsplit(url)
        self._options: dict[str, Any] = {
            "hostname": parts.hostname,
            "port": parts.port or _PORTS[parts.scheme],
            "timeout": timeout_s,
            "use_tls": parts.scheme == "smtps",
            "start_tls": parts.scheme == "smtp+starttls",
        }
        if parts.username:
            self._options |= {"username": unquote(parts.username), "password": unquote(parts.password or "")}
        self._smtp: aiosmtplib.SMTP | None = None

    async def send(self, sender: str, letter: Letter) -> Verdict:
        """Until the text flows, a failure means that nothing was accepted; from then on only an answer tells."""
        try:
            smtp = await self._begin(sender, letter.email)
        except _NoUtf8:
            log.info("letter_not_accepted", code=None, verdict=REFUSED.kind)
            return REFUSED
        except aiosmtplib.SMTPRecipientRefused as error:
            await self._abandon()
            return _judge(error)
        except (aiosmtplib.SMTPException, OSError) as error:
            # Also a refusal of ourselves, by log-in or sender: that is no fault of the letter.
            await self._abandon()
            log.warning("mail_server_unusable", error=type(error).__name__, code=getattr(error, "code", None))
            return LATER
        try:
            await smtp.data(letter.content)
        except aiosmtplib.SMTPDataError as error:
            return _judge(error)
        except (aiosmtplib.SMTPException, OSError) as error:
            await self._abandon()
            log.warning("answer_lost", message_id=str(letter.message_id), error=type(error).__name__)
            return LOST
        return ACCEPTED

    async def _begin(self, sender: str, recipient: str) -> aiosmtplib.SMTP:
        if self._smtp is not None:
            try:
                return await self._address(self._smtp, sender, recipient)
            except aiosmtplib.SMTPServerDisconnected:
                await self._abandon()  # it was idle for longer than the server likes
        self._smtp = aiosmtplib.SMTP(**self._options)
        await self._smtp.connect()
        return await self._address(self._smtp, sender, recipient)

    @staticmethod
    async def _address(smtp: aiosmtplib.SMTP, sender: str, recipient: str) -> aiosmtplib.SMTP:
        plain = recipient.isascii()
        if not plain and not await _supports_utf8(smtp):
            raise _NoUtf8
        await smtp.mail(sender, options=[] if plain else ["SMTPUTF8"], encoding="ascii" if plain else "utf-8")
        await smtp.rcpt(recipient, encoding="ascii" if plain else "utf-8")
        return smtp

    async def _abandon(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()

    async def quit(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None and smtp.is_connected:
            try:
                await smtp.quit(timeout=2)
            except (aiosmtplib.SMTPException, OSError, TimeoutError):
                smtp.close()


async def _supports_utf8(smtp: aiosmtplib.SMTP) -> bool:
    if smtp.is_ehlo_or_helo_needed:
        with contextlib.suppress(aiosmtplib.SMTPHeloError):  # a server of before EHLO has no extensions
            await smtp.ehlo()
    return smtp.supports_extension("smtputf8")


def _judge(error: aiosmtplib.SMTPResponseException) -> Verdict:
    verdict = answered(error.code)
    log.info("letter_not_accepted", code=error.code, verdict=verdict.kind)
    return verdict
