"""`python -m shared.run.serve NAME`: one service in one process, until SIGTERM."""

import gc
import signal
import socket
import sys
from collections.abc import Callable, Iterator

import uvicorn

from shared.errors import ConfigurationError
from shared.run.discovery import ALL, create_app
from shared.run.protocol import Limits, limited_protocol
from shared.settings import HttpSettings

# What lives after the start lives for ever; looking through it again and again costs a fifth of the engine's rate.
_GC_THRESHOLD = 50_000


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_streams = end_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._end_streams()  # they would be waited for, and never end by themselves
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.collect()
        gc.freeze()
        gc.set_threshold(_GC_THRESHOLD)
        gc.enable()


def _bind(http: HttpSettings) -> list[socket.socket]:
    """One for each address that the host has. What connects waits until the service has started.

    Raises ConfigurationError where one cannot be had.
    """
    try:
        return list(_listen(http))
    except OSError as error:
        where = f"RAPPORT_HTTP__PORT={http.port} cannot be had on RAPPORT_HTTP__HOST={http.host}"
        raise ConfigurationError(f"{where} ({error.strerror})") from None


def _listen(http: HttpSettings) -> Iterator[socket.socket]:
    found = socket.getaddrinfo(http.host, http.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    for family, kind, protocol, _, address in dict.fromkeys(found):
        one = socket.socket(family, kind, protocol)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.bind(address)
        one.listen()  # or two processes that start at once are both given it
        yield one


def main(arguments: list[str]) -> int:
    """Exit status 0 after a graceful stop, 2 for what an operator has to change, 3 if the start failed."""
    if len(arguments) != 1 or arguments[0] not in ALL:
        sys.stderr.write(f"usage: python -m shared.run.serve {'|'.join(ALL)}\n")
        return 2
    name = arguments[0]
    gc.disable()  # until it has started: almost nothing of what imports make is garbage
    try:
        app = create_app(name)
        http: HttpSettings = app.state.settings.http
        sockets = _bind(http)
    except ConfigurationError as error:
        sys.stderr.write(f"{name} cannot start: {error}\n")
        return 2
    server = _Server(
        uvicorn.Config(
            app,
            host=http.host,
            port=http.port,
            loop="uvloop",
            http=limited_protocol(Limits.of(http)),
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=20,
            # longer than clients keep a connection that they do not use (httpx 5 s, aiohttp 15 s), else a request may
            # be sent just as it is closed
            timeout_keep_alive=20,
        ),
        app.state.end_streams,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises a signal again once it has stopped; by then there is nothing left to do.
        signal.signal(number, lambda *_: None)
    server.run(sockets)
    return 0 if server.started else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
