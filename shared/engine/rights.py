"""Rights at the brokers: what a service needs, and who else may write what only it should.

Numbers on a service's topics are believed by every subscriber: one record with a number far ahead makes them drop all
that follow. Only the brokers' authorizer keeps others from writing it.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import ClusterAuthorizationFailedError, SecurityDisabled, for_code
from aiokafka.protocol.admin import CreateAclsRequest, DescribeAclsRequest

from shared.engine.checks import Check
from shared.events.topics import topics_of

log = structlog.get_logger()
Kind = Literal["topic", "group", "cluster", "transactional_id"]
Operation = Literal["read", "write", "describe"]
# The numbers of Kafka's protocol.
_KINDS: Mapping[Kind, int] = {"topic": 2, "group": 3, "cluster": 4, "transactional_id": 5}
_OPERATIONS: Mapping[Operation, int] = {"read": 3, "write": 4, "describe": 8}
_ANY, _ALL, _MATCHING, _LITERAL, _PREFIXED, _ALLOW, _EVERY_HOST = 1, 2, 2, 3, 4, 3, "*"
_PASSED_ON = "crm.ingest"


@dataclass(frozen=True, slots=True)
class Right:
    """To do this with what has this name, or whose name begins so."""

    kind: Kind
    name: str
    operation: Operation
    prefixed: bool = False


def rights_of(service: str) -> list[Right]:
    """All that a service needs: it reads every topic, writes its own, and passes facts on to crm.ingest."""
    own = f"rapport.{service}."
    return [
        Right("topic", "crm.", "read", prefixed=True),
        *(Right("topic", topic, "write") for topic in [*topics_of(f"/{service}"), _PASSED_ON]),
        Right("group", f"{service}.", "read", prefixed=True),
        Right("transactional_id", own, "write", prefixed=True),
        Right("transactional_id", own, "describe", prefixed=True),
        Right("cluster", "kafka-cluster", "describe"),
    ]


async def grant(options: dict[str, Any], principal: str, rights: Iterable[Right]) -> None:
    """Let somebody do this from any host; repeating it changes nothing. Raises KafkaError."""
    async with _administering(options) as admin:
        for right in rights:
            pattern = _PREFIXED if right.prefixed else _LITERAL
            operation = _OPERATIONS[right.operation]
            request = CreateAclsRequest(
                _KINDS[right.kind], right.name, pattern, principal, _EVERY_HOST, operation, _ALLOW
            )
            response = await admin._send_request(request)  # noqa: SLF001  aiokafka has no public way
            for code, message in response.creation_responses:
                if code:
                    raise for_code(code)(f"{principal} gets no right to {right.operation} {right.name}: {message}")


async def find_writers(options: dict[str, Any], topics: Iterable[str]) -> dict[str, set[str]]:
    """Who may write each topic, as `User:name`. Raises KafkaError, where there is no authorizer or it does not say."""
    found: dict[str, set[str]] = {}
    async with _administering(options) as admin:
        for topic in topics:
            request = DescribeAclsRequest(_KINDS["topic"], topic, _MATCHING, None, None, _ANY, _ALLOW)
            response = await admin._send_request(request)  # noqa: SLF001  as above
            if response.error_code:
                raise for_code(response.error_code)(response.error_message)
            found[topic] = {
                principal
                for *_, entries in response.resources
                for principal, _, operation, _ in entries
                if operation in {_OPERATIONS["write"], _ALL}
            }
    return found


def judge(writers: Mapping[str, set[str]], own: str | None) -> Check:
    """Whether anybody but the service may write its topics; `own` is its name at the brokers where that is known."""
    for topic, principals in sorted(writers.items()):
        others = sorted(principals - {own}) if own else sorted(principals)[1:]
        if others:
            detail = f"{', '.join(others)} may write {topic} too: one forged number there mutes what follows"
            return Check("rights", "degraded", detail)
    return Check("rights")


class Rights:
    """What is known of the rights on a service's own topics; asked for once, when it begins."""

    def __init__(self, service: str, options: dict[str, Any]) -> None:
        self.check = Check("rights", "ok", "not asked yet")
        self._topics = topics_of(f"/{service}")
        self._options = options

    async def look(self) -> None:
        """Ask, and warn of what an operator should mend. Raises KafkaError where the brokers do not answer."""
        user = self._options.get("sasl_plain_username")
        try:
            self.check = judge(await find_writers(self._options, self._topics), f"User:{user}" if user else None)
        except SecurityDisabled:
            self.check = Check("rights", "ok", "the brokers have no authorizer: whoever reaches them may write")
        except ClusterAuthorizationFailedError:
            self.check = Check("rights", "ok", "not told: this needs the right to describe the cluster")
        if self.check.state == "degraded":
            log.warning("others_may_write_our_topics", detail=self.check.detail)


@asynccontextmanager
async def _administering(options: dict[str, Any]) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**options)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()
