"""Reads a mailbox by IMAP: one instance at a time, on from the last mail that is in the database."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic
from urllib.parse import unquote, urlsplit

import asyncpg
import structlog
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from services.support.mail import commands, store
from services.support.mail.domain.incoming import read_mail
from services.support.settings import SupportSettings
from shared.engine import faults
from shared.engine.locks import connect_for_lock, keeping
from shared.engine.service import Service
from shared.errors import Transient

log = structlog.get_logger()
_PORTS = {"imap": 143, "imap+starttls": 143, "imaps": 993}
_AT_ONCE = 10
_TIMEOUT_S = 30.0
_PURGE_S = 3600.0


@dataclass(frozen=True, slots=True)
class Fetched:
    uid: int
    raw: bytes


class Mailbox:
    """A folder on a server, read without changing it. Blocking; raises OSError and IMAPClientError."""

    def __init__(self, url: str, most_bytes: int) -> None:
        self._url = urlsplit(url)
        self._most = most_bytes
        self.folder = unquote(self._url.path.lstrip("/")) or "INBOX"
        self.name = f"{unquote(self._url.username or '')}@{self._url.hostname}/{self.folder}"
        self._client: IMAPClient | None = None
        self.validity = 0

    def open(self) -> None:
        secure = self._url.scheme == "imaps"
        port = self._url.port or _PORTS[self._url.scheme]
        client = IMAPClient(self._url.hostname, port, ssl=secure, timeout=_TIMEOUT_S)
        self._client = client
        if self._url.scheme == "imap+starttls":
            client.starttls(ssl.create_default_context())
        client.login(unquote(self._url.username or ""), unquote(self._url.password or ""))
        self.validity = int(client.select_folder(self.folder, readonly=True)[b"UIDVALIDITY"])

    def after(self, uid: int) -> list[int]:
        """Numbers of mails that came after this one; the server names its last one even where it is not after."""
        assert self._client is not None
        self._client.noop()
        return sorted(each for each in self._client.search(["UID", f"{uid + 1}:*"]) if each > uid)

    def fetch(self, uids: Sequence[int]) -> Iterator[Fetched]:
        """In order; of one that is too large its beginning. One that was deleted meanwhile is left out."""
        assert self._client is not None
        sizes = self._client.fetch(uids, ["RFC822.SIZE"]) if uids else {}
        for uid in uids:
            if uid not in sizes:
                continue
            part = "" if sizes[uid][b"RFC822.SIZE"] <= self._most else f"<0.{self._most}>"
            answer = self._client.fetch([uid], [f"BODY.PEEK[]{part}"]).get(uid, {})
            raw = next((value for key, value in answer.items() if key.startswith(b"BODY[]")), None)
            if isinstance(raw, bytes):
                yield Fetched(uid, raw)

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            try:
                client.shutdown()
            except (OSError, IMAPClientError):
                log.debug("mailbox_not_closed")


def reading(settings: SupportSettings) -> Callable[[Service], Awaitable[None]]:
    """The worker that takes mails in; it ends at once where no mailbox is set."""

    async def run(service: Service) -> None:
        if settings.imap_url is not None:
            mailbox = Mailbox(settings.imap_url.get_secret_value(), settings.mail_bytes)
            await read_mailbox(service, mailbox, settings)

    return run


def forgetting(settings: SupportSettings) -> Callable[[Service], Awaitable[None]]:
    """The worker that forgets what nobody claimed. Where no mails come in it ends once there are none of these."""

    async def run(service: Service) -> None:
        comes_in = settings.imap_url is not None or bool(settings.mail_secrets)
        while True:
            async with service.transaction() as tx:
                forgotten, left = await commands.forget_unclaimed(tx)
            if not left and not comes_in:
                return
            if not forgotten:
                await asyncio.sleep(_PURGE_S)

    return run


async def read_mailbox(service: Service, mailbox: Mailbox, settings: SupportSettings) -> None:
    """Until cancelled. An error of the server ends it, and the engine starts it again; the next instance takes over
    where this one's connection to the database is gone.
    """
    lock = await connect_for_lock(service.database.dsn, "rapport support mailbox")
    try:
        await keeping(partial(lock.execute, "select 1"), _when_held(service, lock, mailbox, settings))
    finally:
        lock.terminate()
        await asyncio.to_thread(mailbox.close)


async def _when_held(service: Service, lock: asyncpg.Connection, mailbox: Mailbox, settings: SupportSettings) -> None:
    while not await store.hold_mailbox(lock, mailbox.name):
        await asyncio.sleep(settings.mail_poll_s)
    try:
        await asyncio.to_thread(mailbox.open)
        while True:
            begun = monotonic()
            while await take_new(service, mailbox, settings.own_addresses):
                pass
            await asyncio.sleep(max(0.0, settings.mail_poll_s - (monotonic() - begun)))
    except (OSError, IMAPClientError) as error:
        log.warning("mailbox_unusable", error=type(error).__name__)
        raise Transient("the mailbox cannot be read") from None


async def take_new(service: Service, mailbox: Mailbox, own: frozenset[str]) -> int:
    """Up to ten mails, each with how far the mailbox was read, in one transaction; how many there were."""
    async with service.read() as tx:
        position = await store.find_position(tx, mailbox.name)
    last = position[1] if position is not None and position[0] == mailbox.validity else 0
    uids = (await asyncio.to_thread(mailbox.after, last))[:_AT_ONCE]
    # One at a time: each may be as large as all that there is room for.
    mails = mailbox.fetch(uids)
    while (fetched := await asyncio.to_thread(next, mails, None)) is not None:
        incoming = await asyncio.to_thread(read_mail, fetched.raw, own)
        async with service.transaction() as tx:
            outcome = await commands.take(tx, incoming)
            faults.point("support.mail_taken")
            await store.save_position(tx, mailbox.name, mailbox.validity, fetched.uid)
        log.info("mail_taken", taken=str(incoming.id), outcome=outcome, attachments=len(incoming.attachments))
    if uids:
        async with service.transaction() as tx:
            await store.save_position(tx, mailbox.name, mailbox.validity, uids[-1])
    return len(uids)
