"""Handing letters to a mail server over a connection that is kept open, and knowing what became of each."""

import contextlib
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, unquote, urlsplit

import aiosmtplib
import structlog
from pydantic import AfterValidator, SecretStr

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answer:
    """`accepted`; `refused` for good; `later`: certainly not accepted, may be tried again; `lost`: nobody can tell.

    `code` is the server's number, if it said one.
    """

    kind: Literal["accepted", "refused", "later", "lost"]
    code: int | None = None


class _NoUtf8(Exception):
    """The server cannot take this address, now or later."""


def answered(code: int) -> Answer:
    """What an answer of a mail server says: 4xx is passing, 5xx is for good; anything else is no answer to trust."""
    match code // 100:
        case 2:
            return Answer("accepted", code)
        case 4:
            return Answer("later", code)
        case 5:
            return Answer("refused", code)
        case _:
            return Answer("lost", code)


def _check_url(url: SecretStr) -> SecretStr:
    parts = urlsplit(url.get_secret_value())
    if parts.scheme not in _PORTS or not parts.hostname or not has_port(parts):
        raise ValueError("such an address is smtp://[user:password@]host[:port], smtp+starttls://… or smtps://…")
    return url


def has_port(parts: SplitResult) -> bool:
    """Whether its port is one, or left out."""
    try:
        return parts.port != 0
    except ValueError:
        return False


SmtpUrl = Annotated[SecretStr, AfterValidator(_check_url)]
"""`smtp://[user:password@]host[:port]`, `smtp+starttls://…` or `smtps://…`."""


class SmtpClient:
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

    async def send(self, sender: str, recipient: str, content: bytes) -> Answer:
        """Until the text flows, a failure means that nothing was accepted; from then on only an answer tells."""
        try:
            smtp = await self._begin(sender, recipient)
        except _NoUtf8:
            log.info("letter_not_accepted", code=None, verdict="refused")
            return Answer("refused")
        except aiosmtplib.SMTPRecipientRefused as error:
            await self._abandon()
            return _judge(error)
        except (aiosmtplib.SMTPException, OSError) as error:
            # Also a refusal of ourselves, by log-in or sender: that is no fault of the letter.
            await self._abandon()
            log.warning("mail_server_unusable", error=type(error).__name__, code=getattr(error, "code", None))
            return Answer("later")
        try:
            await smtp.data(content)
        except aiosmtplib.SMTPDataError as error:
            return _judge(error)
        except (aiosmtplib.SMTPException, OSError) as error:
            await self._abandon()
            log.warning("answer_lost", error=type(error).__name__)
            return Answer("lost")
        return Answer("accepted")

    async def quit(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None and smtp.is_connected:
            try:
                await smtp.quit(timeout=2)
            except (aiosmtplib.SMTPException, OSError, TimeoutError):
                smtp.close()

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


async def _supports_utf8(smtp: aiosmtplib.SMTP) -> bool:
    if smtp.is_ehlo_or_helo_needed:
        with contextlib.suppress(aiosmtplib.SMTPHeloError):  # a server of before EHLO has no extensions
            await smtp.ehlo()
    return smtp.supports_extension("smtputf8")


def _judge(error: aiosmtplib.SMTPResponseException) -> Answer:
    answer = answered(error.code)
    log.info("letter_not_accepted", code=error.code, verdict=answer.kind)
    return answer
