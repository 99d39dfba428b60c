"""Messages of other channels to their provider, in the format of Standard Webhooks."""

import asyncio
from base64 import b64decode
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import httpx
import structlog
from standardwebhooks import Webhook as Signer

from services.marketing.sending.channels.channel import share_out
from services.marketing.sending.domain.attempt import Via
from services.marketing.sending.domain.call import judge
from services.marketing.sending.domain.letter import Letter
from services.marketing.sending.domain.verdict import Verdict
from services.marketing.settings import SendingProvider
from shared.clock import now

log = structlog.get_logger()
_CALLS_A_CONNECTION = 10
_NOT_BEGUN = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Webhook:
    """`webhook-id` is the message's id in every attempt: by it the provider knows what it has taken already. Only the
    address of the settings is asked: nothing is followed from there, and no proxy of the environment used.
    """

    via: Via = "webhook"

    def __init__(self, channel: str, provider: SendingProvider) -> None:
        self.carries = channel
        self.batch = provider.connections * _CALLS_A_CONNECTION
        self._provider = provider
        secret = provider.secret.get_secret_value().removeprefix("whsec_")
        self._signer = Signer(b64decode(secret + "=="))
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(None, connect=provider.timeout_s / 2, pool=provider.timeout_s / 2),
            limits=httpx.Limits(max_connections=provider.connections),
            follow_redirects=False,
            trust_env=False,
        )

    def wait(self, address: str) -> float:
        del address
        return 0.0

    async def hand_over(self, letters: Sequence[Letter]) -> Mapping[UUID, Verdict]:
        return await share_out(letters, [self._ask] * self._provider.connections)

    async def remove(self, ids: Collection[UUID]) -> None:
        """Nothing is held here, and nobody can call a message back."""

    async def close(self) -> None:
        await self._client.aclose()

    async def _ask(self, letter: Letter) -> Verdict:
        """Until the request is on its way, a failure means that nothing was accepted; from then on only an answer
        tells. Its body is not read.
        """
        try:
            async with (
                asyncio.timeout(self._provider.timeout_s),
                self._client.stream(
                    "POST", self._provider.url, content=letter.content, headers=self._headers(letter)
                ) as answer,
            ):
                verdict = judge(answer.status_code, answer.headers.get("retry-after", ""), now())
        except _NOT_BEGUN as error:
            verdict = Verdict("later", reason=type(error).__name__)
        except (httpx.TransportError, TimeoutError) as error:
            verdict = Verdict("unsure", reason=type(error).__name__)
        if verdict.kind != "accepted":
            log.info("message_not_accepted", channel=self.carries, code=verdict.code, verdict=verdict.kind)
        return verdict

    def _headers(self, letter: Letter) -> dict[str, str]:
        id_, at = str(letter.message_id), now()
        return {
            "Content-Type": "application/json",
            "User-Agent": "rapport",
            "webhook-id": id_,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": self._signer.sign(id_, at, letter.content.decode()),
        }
