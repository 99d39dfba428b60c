"""Sends agents' replies: outside of every transaction, and never twice."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from uuid import UUID

import structlog

from services.support.letters import commands, store
from services.support.letters.domain.letter import Draft, UnwritableError, ascii_domain, write
from services.support.settings import Context, SupportSettings
from shared.engine import faults
from shared.engine.locks import connect_for_lock, keeping
from shared.engine.service import Service
from shared.errors import Transient
from shared.ids import new_id
from shared.mail.sending import send_on, settle
from shared.mail.smtp import Answer, SmtpClient

log = structlog.get_logger()
_AT_ONCE = 10


def sending(settings: SupportSettings, context: Context) -> Callable[[Service], Awaitable[None]]:
    """The worker that sends; it ends at once where no mail server is set."""

    async def run(service: Service) -> None:
        if settings.smtp_url is None:
            return
        lock = await connect_for_lock(service.database.dsn, "rapport support sender")
        client = SmtpClient(settings.smtp_url.get_secret_value(), settings.smtp_timeout_s)
        try:
            sender = Sender(service, client, settings, context)
            if not await store.hold_owner(lock, sender.owner):
                raise Transient("the lock of a new sender is taken")
            await keeping(partial(lock.execute, "select 1"), sender.work())
        finally:
            lock.terminate()
            await client.quit()

    return run


class Sender:
    """One sender at work. Its id owns letters as long as its own connection holds the advisory lock of that id.

    Whoever finds letters whose owner is gone ends them as unknown: a mail server may have taken them.
    """

    def __init__(self, service: Service, client: SmtpClient, settings: SupportSettings, context: Context) -> None:
        self.owner = new_id()
        self._service = service
        self._client = client
        self._from, self._name = settings.mail_address or "", settings.mail_name
        self._context = context

    async def work(self) -> None:
        """Until cancelled; letters that were begun are settled first."""
        await send_on(self._context.letters, self.send_batch, self.reconcile)

    async def send_batch(self) -> int:
        async with self._service.transaction() as tx:
            begun = await commands.begin(tx, self.owner, _AT_ONCE)
        if not begun:
            return 0
        faults.point("support.before_send")
        answers = {draft.reply_id: await self._send(draft) for draft in begun}
        faults.point("support.after_send")
        await self._settle(begun, answers)
        return len(begun)

    async def reconcile(self) -> None:
        async with self._service.read() as tx:
            others = await store.find_other_owners(tx, self.owner)
        for other in others:
            async with self._service.transaction() as tx:
                left = await commands.take_over(tx, other, self.owner)
            if left:
                await self._settle(left, {draft.reply_id: Answer("lost") for draft in left})

    async def _send(self, draft: Draft) -> Answer:
        if draft.address is None:
            return Answer("refused")
        try:
            content = write(draft, self._from, self._name)
        except UnwritableError:
            return Answer("refused")
        return await self._client.send(self._from, ascii_domain(draft.address), content)

    async def _settle(self, drafts: Sequence[Draft], answers: Mapping[UUID, Answer]) -> None:
        await settle(lambda: self._settle_once(drafts, answers), len(drafts))

    async def _settle_once(self, drafts: Sequence[Draft], answers: Mapping[UUID, Answer]) -> None:
        async with self._service.transaction() as tx:
            await commands.settle(tx, self.owner, drafts, answers)
        log.info("letters_settled", letters=len(drafts))
