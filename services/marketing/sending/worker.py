"""Sends what was cleared: outside of every transaction, and never twice."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from functools import partial
from typing import Literal, Protocol
from uuid import UUID

import asyncpg
import structlog
from jinja2 import TemplateError

from services.marketing.catalogue.content.formats import Amount
from services.marketing.enrolments.decisions.address import EMAIL
from services.marketing.sending import commands, store
from services.marketing.sending.channels.channel import Deliverer
from services.marketing.sending.channels.maildir import Maildir
from services.marketing.sending.channels.smtp import Smtp
from services.marketing.sending.channels.webhook import Webhook
from services.marketing.sending.domain.attempt import Attempt, Via
from services.marketing.sending.domain.call import write_call
from services.marketing.sending.domain.letter import FromAddress, Letter, can_be_written_to, values_of, write
from services.marketing.sending.domain.urls import urls_of
from services.marketing.sending.domain.verdict import (
    ACCEPTED,
    ADDRESS_GONE,
    LOST,
    REFUSED,
    STOPPED,
    UNSURE,
    Verdict,
)
from services.marketing.settings import Context, MarketingSettings
from services.marketing.suppressions.commands import links_of
from shared.engine import faults
from shared.engine.locks import connect_for_lock, keeping
from shared.engine.service import Service
from shared.engine.transaction import Transaction
from shared.errors import ConfigurationError, Transient
from shared.ids import new_id
from shared.mail.sending import send_on, settle

log = structlog.get_logger()
_REMOVED_AT_ONCE = 500


def sending(
    settings: MarketingSettings, context: Context, provided: Literal["sms", "social"] | None = None
) -> Callable[[Service], Awaitable[None]]:
    """The worker that sends e-mail, or what a provider does. When it is started again after an error it is another
    sender, with another id.
    """

    async def run(service: Service) -> None:
        channel = make_channel(settings) if provided is None else Webhook(provided, settings.providers[provided])
        if not settings.public_url:
            log.warning("letters_without_unsubscribing", set="RAPPORT_MARKETING__PUBLIC_URL")
        # Its own connection: the lock lives and dies with it, whatever the pool does.
        lock = await connect_for_lock(service.database.dsn, "rapport marketing sender")
        try:
            sender = Sender(service, lock, channel, make_from_address(settings), context)
            await sender.open()
            await sender.work()
        finally:
            lock.terminate()
            await channel.close()

    return run


def make_channel(settings: MarketingSettings) -> Deliverer:
    """The mail server if there is one, else the maildir. Raises ConfigurationError where that cannot be written."""
    if settings.smtp_url is None:
        try:
            return Maildir(settings.maildir, settings.batch, fsync=settings.maildir_fsync)
        except OSError as error:
            raise ConfigurationError(
                f"{settings.maildir} cannot be written ({error.strerror}): set RAPPORT_MARKETING__MAILDIR to a folder"
                " that can be, or RAPPORT_MARKETING__SMTP_URL to a mail server"
            ) from None
    url = settings.smtp_url.get_secret_value()
    rates = settings.smtp_per_minute
    return Smtp(url, settings.from_address, settings.smtp_connections, settings.smtp_timeout_s, rates)


def make_from_address(settings: MarketingSettings) -> FromAddress:
    return FromAddress(settings.from_address, settings.from_name, settings.domain, settings.id_header)


class Storage(Protocol):
    """The part of a service that the sender needs."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]: ...

    def read(self) -> AbstractAsyncContextManager[Transaction]: ...


class Sender:
    """One sender at work. Its id owns attempts as long as its own connection holds the advisory lock of that id.

    An attempt is committed before its first byte leaves. Whoever finds attempts whose owner is gone asks the maildir,
    where one wrote into it, and otherwise ends them as unknown.
    """

    def __init__(
        self,
        storage: Storage,
        lock: asyncpg.Connection,
        channel: Deliverer,
        from_address: FromAddress,
        context: Context,
    ) -> None:
        self.owner = new_id()
        self._storage = storage
        self._lock = lock
        self._channel = channel
        self._from = from_address
        self._context = context
        self._links = links_of(context)

    async def open(self) -> None:
        """Take the lock of this id, for as long as the connection lives."""
        if not await store.hold_owner(self._lock, self.owner):
            raise Transient("the lock of a new sender is taken")

    async def work(self) -> None:
        """Send, reconcile and remove until cancelled or the lock is lost; a batch that was begun is finished first."""
        working = send_on(self._context.letters, self.send_batch, self.reconcile, self.remove_erased)
        await keeping(partial(self._lock.execute, "select 1"), working)

    async def send_batch(self) -> int:
        async with self._storage.transaction() as tx:
            taken = await commands.begin(tx, self.owner, self._channel.batch, self._channel.via, self._channel.carries)
            begun = await commands.hold(tx, self.owner, taken, self._channel.wait)
        if not begun:
            return len(taken)
        faults.point("marketing.before_send")
        verdicts = await self._hand_over(begun)
        faults.point("marketing.after_send")
        await self._settle(begun, verdicts)
        return len(taken)

    async def reconcile(self) -> None:
        async with self._storage.read() as tx:
            others = await store.find_other_owners(tx, self.owner, self._channel.carries)
        for other in others:
            async with self._storage.transaction() as tx:
                taken = await commands.take_over(tx, other, self.owner, self._channel.carries)
            for via, messages in taken.items():
                await self._judge_left(via, messages)

    async def remove_erased(self) -> None:
        """Take the letters of erased parties out of the maildir; whoever is killed meanwhile leaves them marked. What a
        provider was given is not called back.
        """
        if self._channel.carries != EMAIL:
            return
        while True:
            async with self._storage.read() as tx:
                marked = await store.load_erased_letters(tx, _REMOVED_AT_ONCE)
            if not marked:
                return
            try:
                await self._channel.remove(marked)
            except OSError as error:
                log.error("letters_not_removed", error=type(error).__name__, errno=error.errno)  # noqa: TRY400  the errno says it
                return
            faults.point("marketing.after_remove")
            async with self._storage.transaction() as tx:
                await store.forget_erased_letters(tx, marked)
            log.info("letters_removed", letters=len(marked))

    async def _judge_left(self, via: Via, messages: Sequence[UUID]) -> None:
        """In the maildir: sent. Of the maildir and not in it: free to be sent. Through a mail server: nobody knows.
        Through a provider nobody knows either, and it is asked again, since it tells repetitions apart.

        Nobody knows either where it may have been sent before the database was restored and is not in the maildir.
        """
        verdicts = dict.fromkeys(messages, UNSURE if via == "webhook" else LOST)
        if via in {"maildir", "former"} and isinstance(self._channel, Maildir):
            found = await self._channel.find(messages)
            verdicts |= dict.fromkeys(found, ACCEPTED)
            if via == "maildir":
                verdicts = dict.fromkeys(found, ACCEPTED)
                async with self._storage.transaction() as tx:
                    await commands.release(tx, self.owner, set(messages) - found)
        if not verdicts:
            return
        async with self._storage.read() as tx:
            left = await commands.load(tx, verdicts.keys())
        await self._settle(left, verdicts)

    async def _hand_over(self, begun: Sequence[Attempt]) -> dict[UUID, Verdict]:
        letters, verdicts = await asyncio.to_thread(self._write, begun)
        try:
            verdicts |= await self._channel.hand_over(letters)
        except OSError as error:
            # Only the maildir raises: what it holds by now it will hold again under the same name.
            log.error("maildir_unwritable", error=type(error).__name__, errno=error.errno)  # noqa: TRY400  the errno says it
            async with self._storage.transaction() as tx:
                await commands.release(tx, self.owner, [letter.message_id for letter in letters])
            raise
        return verdicts

    def _write(self, begun: Sequence[Attempt]) -> tuple[list[Letter], dict[UUID, Verdict]]:
        letters: list[Letter] = []
        verdicts: dict[UUID, Verdict] = {}
        for attempt in begun:
            id_ = attempt.message.id
            if attempt.stopped is not None:
                verdicts[id_] = STOPPED
                continue
            if attempt.addressee is None:
                verdicts[id_] = ADDRESS_GONE
                continue
            if self._channel.carries == EMAIL and not can_be_written_to(attempt.addressee.email):
                verdicts[id_] = REFUSED
                continue
            try:
                letters.append(self._letter(attempt))
            except TemplateError as error:
                # no trace of it: a template's error may hold what it was given
                log.error("letter_not_written", campaign=attempt.campaign.name, error=type(error).__name__)  # noqa: TRY400
                verdicts[id_] = REFUSED
        return letters, verdicts

    def _letter(self, attempt: Attempt) -> Letter:
        message, addressee = attempt.message, attempt.addressee
        assert addressee is not None
        sale, at = attempt.sale, attempt.sale.occurred_at
        total = Amount(sale.minor, sale.currency)
        urls = urls_of(attempt, self._links)
        values = values_of(addressee, attempt.products, sale.sale_id, at, total, urls, sale.tier)
        if self._channel.carries != EMAIL:
            return write_call(attempt, values)
        number, at = attempt.dispatch.number, attempt.dispatch.decided_at
        return write(message.id, number, self._from, addressee, attempt.content, values, at)

    async def _settle(self, begun: Sequence[Attempt], verdicts: dict[UUID, Verdict]) -> None:
        await settle(lambda: self._settle_once(begun, verdicts), len(begun))

    async def _settle_once(self, begun: Sequence[Attempt], verdicts: dict[UUID, Verdict]) -> None:
        async with self._storage.transaction() as tx:
            settled = await commands.settle(tx, self.owner, begun, verdicts)
        log.info("letters_settled", **asdict(settled))
