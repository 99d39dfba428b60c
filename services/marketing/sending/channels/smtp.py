"""Letters to a mail server, over a few connections that are kept open."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from services.marketing.sending.domain.attempt import Via
from services.marketing.sending.domain.letter import Letter
from services.marketing.sending.domain.verdict import Verdict
from shared.mail.smtp import SmtpClient

_LETTERS_A_CONNECTION = 10


class Smtp:
    """Each letter's verdict follows from how far its own conversation came."""

    via: Via = "smtp"

    def __init__(self, url: str, sender: str, connections: int, timeout_s: float) -> None:
        self.batch = connections * _LETTERS_A_CONNECTION
        self._sender = sender
        self._clients = [SmtpClient(url, timeout_s) for _ in range(connections)]

    async def hand_over(self, letters: Sequence[Letter]) -> Mapping[UUID, Verdict]:
        verdicts: dict[UUID, Verdict] = {}
        waiting = list(reversed(letters))

        async def empty(client: SmtpClient) -> None:
            while waiting:
                letter = waiting.pop()
                answer = await client.send(self._sender, letter.email, letter.content)
                verdicts[letter.message_id] = Verdict(answer.kind, answer.code)

        await asyncio.gather(*(empty(client) for client in self._clients))
        return verdicts

    async def remove(self, ids: Collection[UUID]) -> None:
        """Nothing is held here, and nobody can call a letter back."""

    async def close(self) -> None:
        await asyncio.gather(*(client.quit() for client in self._clients))
