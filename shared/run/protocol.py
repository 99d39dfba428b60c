"""uvicorn's protocol with limits on what a stranger may send before anything is known of it.

A head is a request's first line and headers. Bodies are limited by `shared/http/admission.py`.
"""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.http.problems import MEDIA_TYPE, problem
from shared.settings import HttpSettings


@dataclass(frozen=True, slots=True)
class Limits:
    """`head_s` is from the first byte of a connection, or of its next request, to the end of the headers.

    Where a client takes nothing of what is to be sent for `unread_s`, it is cut off, with all that is held for it.
    """

    head_bytes: int
    url_bytes: int
    head_s: float
    connections: int
    unread_s: float

    @classmethod
    def of(cls, settings: HttpSettings) -> "Limits":
        return cls(
            settings.max_head_bytes,
            settings.max_url_bytes,
            settings.head_s,
            settings.max_connections,
            settings.unread_s,
        )


def limited_protocol(limits: Limits) -> type[asyncio.Protocol]:

    class LimitedProtocol(_LimitedProtocol):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            self.limits = limits

    return LimitedProtocol


class _LimitedProtocol(HttpToolsProtocol):
    limits: Limits
    _in_head = True
    _refused = False
    _taken = 0
    _late: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            self._refuse(503, "busy", "there are too many connections; try again")
        else:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_over()
        self._is_read()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._is_read()
        self._unread = self.loop.call_later(self.limits.unread_s, self.transport.abort)

    def resume_writing(self) -> None:
        self._is_read()
        super().resume_writing()

    def _is_read(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def data_received(self, data: bytes) -> None:
        """Counts raw bytes, since the parser tells of a header only when all of it is there."""
        if self._refused:
            return
        if self._in_head:
            self._taken += len(data)
            if self._taken > self.limits.head_bytes and b"\r\n\r\n" not in data[: self.limits.head_bytes]:
                self._refuse(431, "head_too_large", f"a request's head has at most {self.limits.head_bytes} bytes")
                return
        super().data_received(data)

    def send_400_response(self, msg: str) -> None:
        """What the parser cannot read is answered in the one form of every error, once."""
        del msg
        if not self._refused:
            detail = "no HTTP request that can be read; what is beyond ASCII is escaped in an address (%C3%85)"
            self._refuse(400, "bad_request", detail)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if not self._in_head:
            self._expect_head()

    def on_headers_complete(self) -> None:
        self._head_is_over()
        if len(self.url) > self.limits.url_bytes:
            self._refuse(414, "url_too_long", f"a URL has at most {self.limits.url_bytes} bytes")
        elif not self._refused:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._refused:
            super().on_message_complete()

    def _expect_head(self) -> None:
        self._in_head, self._taken = True, 0
        self._late = self.loop.call_later(self.limits.head_s, self._head_is_late)

    def _head_is_over(self) -> None:
        self._in_head = False
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _head_is_late(self) -> None:
        if self._taken:
            self._refuse(408, "too_slow", f"a request's head comes within {self.limits.head_s:g} seconds")
        elif not self.transport.is_closing():
            self.transport.close()

    def _refuse(self, status: int, reason: str, detail: str) -> None:
        """Answer and hang up. Nothing of the request has reached the application."""
        self._refused = True
        self._head_is_over()
        body = bytes(problem(status, reason, detail).body)
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\ncontent-type: {MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode("ascii") + body)
        self.transport.close()
