"""Sends what was cleared: outside of every transaction, and never twice."""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from datetime import datetime
from time import monotonic
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import structlog
from jinja2 import TemplateError

from services.marketing.domain.handover import ACCEPTED, ADDRESS_GONE, LOST, REFUSED, Verdict
from services.marketing.domain.letter import Letter, Sender, unsubscribe_url, values_of, write
from services.marketing.sending import attempts, maildir
from services.marketing.sending.attempts import Attempt
from services.marketing.sending.bell import bell
from services.marketing.sending.post import Post
from services.marketing.store import SQL
from shared.engine import faults
from shared.engine.transaction import Transaction
from shared.errors import Transient
from shared.ids import new_id

log = structlog.get_logger()
_LOOK_S = 2.0
"""How long a message that nobody announced may wait: one that was put off, or was cleared by another instance."""
_RECONCILE_S = 10.0
_LAST_BATCH_S = 8.0
_REMOVED_AT_ONCE = 500
_SETTLE_PAUSES_S = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)


class Storage(Protocol):
    """The part of a service that the sender needs."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]: ...

    def read(self) -> AbstractAsyncContextManager[Transaction]: ...


class Desk:
    """One sender at work. Its id owns attempts as long as its own connection holds the advisory lock of that id.

    An attempt is committed before its first byte leaves. Whoever finds attempts whose owner is gone asks the maildir,
    where one wrote into it, and otherwise ends them as unknown.
    """

    def __init__(self, storage: Storage, lock: asyncpg.Connection, post: Post, sender: Sender) -> None:
        self.owner = new_id()
        self._storage = storage
        self._lock = lock
        self._post = post
        self._sender = sender

    async def open(self) -> None:
        """Take the lock of this id, for as long as the connection lives."""
        if not await self._lock.fetchval(SQL["hold_owner"], str(self.owner)):
            raise Transient("the lock of a new sender is taken")

    async def work(self) -> None:
        """Send, reconcile and remove until cancelled; a batch that was begun is finished first."""
        reconciled = float("-inf")
        while True:
            if monotonic() - reconciled > _RECONCILE_S:
                await self.reconcile()
                await self.remove_erased()
                reconciled = monotonic()
            if not await _finish(self.send_batch()):
                await bell.wait(_LOOK_S)
                await self._lock.execute("select 1")  # a sender that lost its lock must not go on

    async def send_batch(self) -> int:
        """Take cleared messages, hand them over, settle them; how many were taken."""
        async with self._storage.transaction() as tx:
            taken = await attempts.begin(tx, self.owner, self._post.batch, self._post.via)
            begun = await attempts.load(tx, taken) if taken else []
        if not begun:
            return 0
        faults.point("marketing.before_send")
        verdicts = await self._hand_over(begun)
        faults.point("marketing.after_send")
        await self._settle(begun, verdicts)
        return len(begun)

    async def reconcile(self) -> None:
        """Settle the attempts of senders that are gone."""
        async with self._storage.read() as tx:
            others = [row["owner"] for row in await tx.fetch(SQL["load_other_owners"], self.owner)]
        for other in others:
            async with self._storage.transaction() as tx:
                taken = await attempts.take_over(tx, other, self.owner)
            for via, messages in taken.items():
                await self._judge_left(via, messages)

    async def remove_erased(self) -> None:
        """Take the letters of erased parties out of the maildir; whoever is killed meanwhile leaves them marked."""
        while True:
            async with self._storage.read() as tx:
                marked = [row["message_id"] for row in await tx.fetch(SQL["load_erased_letters"], _REMOVED_AT_ONCE)]
            if not marked:
                return
            try:
                await self._post.remove(marked)
            except OSError as error:
                log.error("letters_not_removed", error=type(error).__name__, errno=error.errno)  # noqa: TRY400  the errno says it
                return
            faults.point("marketing.after_remove")
            async with self._storage.transaction() as tx:
                await tx.execute(SQL["drop_erased_letters"], marked)
            log.info("letters_removed", letters=len(marked))

    async def _judge_left(self, via: str, messages: dict[UUID, datetime]) -> None:
        """In the maildir: sent. Of the maildir and not in it: free to be sent. Through a mail server: nobody knows."""
        found = set(messages)
        verdict = LOST
        if via == maildir.VIA and isinstance(self._post, maildir.Maildir):
            verdict = ACCEPTED
            found = await self._post.find(messages)
            async with self._storage.transaction() as tx:
                await attempts.release(tx, self.owner, messages.keys() - found)
        if not found:
            return
        async with self._storage.read() as tx:
            left = await attempts.load(tx, {id_: messages[id_] for id_ in found})
        await self._settle(left, dict.fromkeys(found, verdict))

    async def _hand_over(self, begun: Sequence[Attempt]) -> dict[UUID, Verdict]:
        """A verdict on each attempt."""
        letters, verdicts = await asyncio.to_thread(self._write, begun)
        try:
            verdicts |= await self._post.hand_over(letters)
        except OSError as error:
            # Only the maildir raises: what it holds by now it will hold again under the same name.
            log.error("maildir_unwritable", error=type(error).__name__, errno=error.errno)  # noqa: TRY400  the errno says it
            async with self._storage.transaction() as tx:
                await attempts.release(tx, self.owner, [letter.message_id for letter in letters])
            raise
        return verdicts

    def _write(self, begun: Sequence[Attempt]) -> tuple[list[Letter], dict[UUID, Verdict]]:
        """The letters, and the verdict on those that cannot be written."""
        letters: list[Letter] = []
        verdicts: dict[UUID, Verdict] = {}
        for attempt in begun:
            id_ = attempt.message.id
            if attempt.addressee is None:
                verdicts[id_] = ADDRESS_GONE
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
        assert message.step is not None
        step = attempt.campaign.definition.steps[message.step - 1]
        content = next(each for each in step.content if each.template == attempt.content)
        url = unsubscribe_url(self._sender, message.id) if attempt.campaign.definition.needs_consent else ""
        values = values_of(addressee, attempt.products, attempt.sale_id, message.triggered_at, url)
        return write(message.id, attempt.number, self._sender, addressee, content, values, attempt.decided_at)

    async def _settle(self, begun: Sequence[Attempt], verdicts: dict[UUID, Verdict]) -> None:
        """Tries for a while: what is not written down, nobody can know of a mail server."""
        for pause in _SETTLE_PAUSES_S:
            try:
                await self._settle_once(begun, verdicts)
            except Exception as error:  # noqa: BLE001  whatever it is, giving up here loses what is known
                log.warning("letters_not_settled", letters=len(begun), error=type(error).__name__)
                await asyncio.sleep(pause)
            else:
                return
        await self._settle_once(begun, verdicts)

    async def _settle_once(self, begun: Sequence[Attempt], verdicts: dict[UUID, Verdict]) -> None:
        async with self._storage.transaction() as tx:
            settled = await attempts.settle(tx, self.owner, begun, verdicts)
        log.info("letters_settled", **asdict(settled))


async def _finish(batch: Coroutine[Any, Any, int]) -> int:
    """Await a batch; when cancelled, let it end first, since what a mail server took must be written down."""
    task = asyncio.create_task(batch)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=_LAST_BATCH_S)
        task.cancel()
        raise
