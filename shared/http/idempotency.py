"""`Idempotency-Key`: a write that is sent twice acts once and answers the same.

The key's row is written in the transaction of the write, so a crash leaves both or neither, and a second request with
the key waits at the row until the first has ended. Only answers are kept; what was refused may be tried again.
"""

import re
from collections.abc import Awaitable, Callable, Collection
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID
from zlib import crc32

from fastapi import Header, Request
from pydantic_core import to_json
from starlette.responses import Response

from shared.engine.transaction import Transaction
from shared.errors import Invalid, Refused
from shared.http.auth import Authenticator
from shared.http.gathering import Gatherings, Together
from shared.http.readiness import Serving
from shared.http.requests import route_of
from shared.http.writing import write
from shared.sql import load_queries
from shared.telemetry.tracing import current_traceparent

SQL = load_queries(Path(__file__).with_name("idempotency.sql"))
_ID = re.compile(rb"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


class KeyReused(Refused):
    """The key stands for a request with another body."""

    status = 422
    reason = "idempotency_key_reused"


class AnswerForgotten(Refused):
    """What was answered named a party that was erased since; the request was carried out, and is not again."""

    status = 410
    reason = "answer_forgotten"


async def forget_answers(tx: Transaction, ids: Collection[UUID]) -> int:
    """Empties the kept answers that name any of these, and returns how many those were.

    Whoever erases calls it under the locks of the parties: an answer that names one is committed by then, or the one
    that will be finds the party gone.
    """
    if not ids:
        return 0
    texts = sorted(map(str, ids))
    status: str = await tx.execute(SQL["forget_answers"], texts, [_hash_of(each.encode()) for each in texts])
    return int(status.rpartition(" ")[2])


class Once:
    """The one carrying out of a request: `return await once.write(act, status=201)`."""

    def __init__(
        self, service: Serving, key: str | None, operation: str, request_hash: bytes, gatherings: Gatherings
    ) -> None:
        self._service = service
        self._gatherings = gatherings
        self._key = key
        self._operation = operation
        self._request_hash = request_hash

    async def write(
        self, act: Callable[[Transaction], Awaitable[Any]], *, status: int | Callable[[Any], int] = 200
    ) -> Response:
        """Run `act` in a transaction and answer what it returns as JSON; a repetition gets the stored answer.

        `status` may depend on what `act` returns, which may be asked more than once, as `writing` says: the key and the
        answer stand or fall with what it did.
        """

        async def act_once(tx: Transaction) -> Response:
            stored = None if self._key is None else await self._claim(tx)
            if stored is not None:
                return stored
            done = await act(tx)
            body, answered = to_json(done), status if isinstance(status, int) else status(done)
            if self._key is not None:
                named = sorted({_hash_of(each) for each in _ID.findall(body)})
                await tx.execute(SQL["keep_answer"], self._key, self._operation, answered, body, named)
            return _answer(answered, body)

        return await write(self._service, act_once)

    async def write_among(
        self, item: object, together: Together, act: Callable[[Transaction], Awaitable[Any]], *, status: int = 200
    ) -> Response:
        """As `write` of `act`, but in one transaction with others that come at once, as far as `together` can.

        A request with a key, or one whose events continue its trace, has a transaction of its own.
        """
        if self._key is None and current_traceparent() is None:
            done = await self._gatherings.of(together).write(item)
            if done is not None:
                return _answer(status, to_json(done))
        return await self.write(act, status=status)

    async def _claim(self, tx: Transaction) -> Response | None:
        """Takes the key, or finds the answer that it stands for."""
        if await tx.fetchval(SQL["claim_key"], self._key, self._operation, self._request_hash):
            return None
        row = await tx.fetchrow(SQL["load_answer"], self._key, self._operation)
        if row["request_hash"] != self._request_hash:
            raise KeyReused("this key was used for another request", field="Idempotency-Key")
        if row["body"] is None:
            raise AnswerForgotten(
                "this was carried out; what was answered named a party that was erased since", field="Idempotency-Key"
            )
        answer = _answer(row["status"], row["body"])
        answer.headers["Idempotent-Replayed"] = "true"
        return answer


async def idempotent(
    request: Request,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            pattern=r"^[!-~]{1,200}$",
            description="Repeat a request with the same key and it acts once; kept for 24 hours.",
        ),
    ] = None,
) -> Once:
    """The dependency of a write: `once: Annotated[Once, Depends(idempotent)]`. Without a key each request acts."""
    if len(request.headers.getlist("Idempotency-Key")) > 1:
        raise Invalid("a request has one key", field="Idempotency-Key")
    authenticator: Authenticator = request.app.state.authenticator
    speaker = await authenticator.speaker(request.headers.get("authorization", ""))
    state, operation = request.app.state, f"{request.method} {route_of(request.scope)}"
    hashed = b"" if key is None else await _hash_of_request(request, speaker.subject)
    return Once(state.service, key, operation, hashed, state.gatherings)


async def _hash_of_request(request: Request, subject: str) -> bytes:
    # The subject too: what one agent wrote is no answer to another who chose the same key.
    hashed = sha256(f"{request.url.path}?{request.url.query}\n{subject}\n".encode())
    hashed.update(request.headers.get("if-match", "").encode() + b"\n")
    # A CloudEvent in binary mode says in headers what it is.
    hashed.update(repr(sorted(each for each in request.headers.items() if each[0].startswith("ce-"))).encode())
    hashed.update(await request.body())
    return hashed.digest()


def _hash_of(id_: bytes) -> int:
    """As the index has it, in 32 bits."""
    return crc32(id_) - 2**31


def _answer(status: int, body: bytes) -> Response:
    return Response(body, status, media_type="application/json")
