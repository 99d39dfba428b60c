"""Letters to a mail server, over a few connections that are kept open."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from time import monotonic
from uuid import UUID

from services.marketing.enrolments.decisions.address import EMAIL
from services.marketing.sending.channels.channel import share_out
from services.marketing.sending.domain.attempt import Via
from services.marketing.sending.domain.letter import Letter, ascii_domain
from services.marketing.sending.domain.throttle import Throttle
from services.marketing.sending.domain.verdict import Verdict
from shared.mail.smtp import SmtpClient

_LETTERS_A_CONNECTION = 10


class Smtp:
    """Each letter's verdict follows from how far its own conversation came. `per_minute`: see `Throttle`."""

    via: Via = "smtp"
    carries = EMAIL

    def __init__(
        self,
        url: str,
        sender: str,
        connections: int,
        timeout_s: float,
        per_minute: Mapping[str, int] | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.batch = connections * _LETTERS_A_CONNECTION
        self._sender = sender
        self._throttle, self._clock = Throttle(per_minute or {}), clock
        self._clients = [SmtpClient(url, timeout_s) for _ in range(connections)]

    def wait(self, address: str) -> float:
        return self._throttle.wait(ascii_domain(address), self._clock())

    async def hand_over(self, letters: Sequence[Letter]) -> Mapping[UUID, Verdict]:
        return await share_out(letters, (partial(self._send, client) for client in self._clients))

    async def _send(self, client: SmtpClient, letter: Letter) -> Verdict:
        answer = await client.send(self._sender, letter.recipient, letter.content)
        return Verdict(answer.kind, answer.code)

    async def remove(self, ids: Collection[UUID]) -> None:
        """Nothing is held here, and nobody can call a letter back."""

    async def close(self) -> None:
        await asyncio.gather(*(client.quit() for client in self._clients))
