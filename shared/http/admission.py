"""What is looked at before a route: the host, the method, the address, the token, and the body.

A body is read only of a caller whose token opens the route, so that strangers cost neither memory nor parsing.
"""

import asyncio
from collections.abc import Mapping

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import Refused
from shared.http.auth import Authenticator
from shared.http.problems import problem, refusal, unfit
from shared.http.routes import Served, ServedRoutes
from shared.http.versions import plain_tag
from shared.http.wellformed import Unfit, check_address, check_json
from shared.settings import LOOPBACK, HttpSettings

# The rest of a body that was not read must not be waited for.
_CLOSE = {"Connection": "close"}
_LOOPBACK_HOSTS = LOOPBACK | {"[::1]"}


class Admission:
    """Plain ASGI, inside of `Requests`, which logs and measures what is refused here too."""

    def __init__(
        self, app: ASGIApp, routes: ServedRoutes, authenticator: Authenticator, settings: HttpSettings, *, open_: bool
    ) -> None:
        """`open_` is RAPPORT_AUTH__MODE=off: then a page of another site must not reach us through the browser."""
        self._app = app
        self._routes = routes
        self._authenticator = authenticator
        self._settings = settings
        self._open = open_

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        refused = await self._refuse(scope, headers)
        if refused is not None:
            await refused(scope, receive, send)
        elif scope["method"] == "HEAD":
            scope["method"], scope["head_only"] = "GET", True
            try:
                await self._app(scope, receive, _without_body(send))
            finally:
                scope["method"] = "HEAD"
        elif _has_body(headers):
            await self._app(scope, self._limited(scope, receive), send)
        else:
            known = headers.get(b"if-none-match") if scope["method"] == "GET" else None
            await self._app(scope, receive, send if known is None else _unless_known(known.decode("latin-1"), send))

    async def _refuse(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Response | None:
        method, path = scope["method"], scope["path"]
        if self._open and not _is_loopback(headers.get(b"host", b"").decode("latin-1")):
            return problem(421, "misdirected", "RAPPORT_AUTH__MODE=off answers on loopback only; ask 127.0.0.1")
        if method == "OPTIONS" and (allowed := self._routes.methods_of(path)):
            return Response(status_code=204, headers={"Allow": allowed})
        if self._routes.refuses(method, path):
            return problem(405, "method_not_allowed", headers={"Allow": self._routes.methods_of(path)})
        try:
            check_address(scope)
        except Unfit as error:
            return unfit(error)
        if not _has_body(headers):
            return None
        route = self._routes.find(method, path)
        return None if route is None else await self._refuse_body(route, headers)

    async def _refuse_body(self, route: Served, headers: Mapping[bytes, bytes]) -> Response | None:
        if route.scope is not None:
            try:
                await self._authenticator.admit(headers.get(b"authorization", b"").decode("latin-1"), route.scope)
            except Refused as error:
                return refusal(error, _CLOSE)
        if route.takes_json and not _is_json(headers.get(b"content-type", b"").decode("latin-1")):
            return problem(415, "unsupported_media_type", "a body is application/json", headers=_CLOSE)
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            detail = "a body comes as it is, without a content-encoding"
            return problem(415, "unsupported_media_type", detail, headers={**_CLOSE, "Accept-Encoding": "identity"})
        return None

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        """Refuses a body above the limits of size and time while it comes in, whatever its Content-Length says.

        JSON is looked at once it is whole.
        """
        route = self._routes.find(scope["method"], scope["path"])
        body = bytearray() if route is not None and route.takes_json else None
        most, seconds = self._settings.max_body_bytes, self._settings.body_s
        deadline = asyncio.get_running_loop().time() + seconds
        taken, complete = 0, False

        async def limited() -> Message:
            nonlocal taken, complete
            if complete:
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, f"a body comes within {seconds:g} seconds", headers=_CLOSE) from None
            taken += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if taken > most:
                raise HTTPException(413, f"a body has at most {most} bytes", headers=_CLOSE)
            if body is not None:
                body.extend(message.get("body", b""))
                if complete:
                    check_json(bytes(body))
            return message

        return limited


def _has_body(headers: Mapping[bytes, bytes]) -> bool:
    return headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _is_loopback(host: str) -> bool:
    name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    return (name if port.isdecimal() else host).lower() in _LOOPBACK_HOSTS


def _without_body(send: Send) -> Send:
    """HEAD is GET without the body: its headers, Content-Length among them, are those of the body."""

    async def answer(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return answer


def _unless_known(known: str, send: Send) -> Send:
    """304 without a body where the caller has what would be answered. Tags compare weakly, as RFC 9110 has it."""
    tags = {plain_tag(tag).removeprefix("W/") for tag in known.split(",")}
    unchanged = False

    async def answer(message: Message) -> None:
        nonlocal unchanged
        if message["type"] == "http.response.start" and message["status"] == 200:
            tag = dict(message["headers"]).get(b"etag", b"").decode("latin-1").removeprefix("W/")
            if tag and (tag in tags or "*" in tags):
                unchanged = True
                kept = [each for each in message["headers"] if each[0] not in {b"content-length", b"content-type"}]
                message = {**message, "status": 304, "headers": kept}
        elif unchanged and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return answer
