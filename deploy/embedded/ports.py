"""Which ports the stack listens on, always on loopback."""

import json
import random
import socket
from collections.abc import Mapping
from pathlib import Path

from deploy.errors import StackError
from shared.run.discovery import ALL, port_of

HOST = "127.0.0.1"
_SERVERS = {"kafka": 9092, "kafka-controller": 9093, "postgres": 5432}
NAMES = (*_SERVERS, *ALL)
# Below the range that the kernel draws from for outgoing connections, so that a port stays free over a restart.
_OWN_RANGE = range(20_000, 30_000)


class Ports:
    """Hands each name its port once: the asked one, else the last one of this folder, the default, or a free one."""

    def __init__(self, memory: Path, asked: Mapping[str, int], *, defaults: bool) -> None:
        self._memory = memory
        self._asked = asked
        self._preferred = _defaults() if defaults else {}
        if memory.exists():
            self._preferred |= json.loads(memory.read_text("utf-8"))
        self._given: dict[str, int] = {}

    def of(self, name: str) -> int:
        """Raises StackError when a port was asked for and is taken."""
        if name not in self._given:
            self._given[name] = self._choose(name)
            self._memory.write_text(json.dumps(self._given, indent=1), "utf-8")
        return self._given[name]

    def replace_taken(self) -> list[str]:
        """Gives up the ports that other programs took since they were handed out; call it when nothing of ours runs.

        Returns whose they were. Raises StackError for one that was asked for.
        """
        taken = [name for name, port in self._given.items() if not is_free(port)]
        for name in taken:
            del self._given[name]
        for name in taken:
            self.of(name)
        return taken

    def _choose(self, name: str) -> int:
        asked = self._asked.get(name)
        if asked is not None:
            if not is_free(asked):
                raise StackError(
                    f"Port {asked}, asked for {name}, is taken on {HOST}. Stop what listens there "
                    f"(`ss -ltnp sport = :{asked}` shows it), ask for another, or for none: then a free one is taken."
                )
            return asked
        preferred = self._preferred.get(name)
        reserved = {*self._given.values(), *self._asked.values()}
        if preferred is not None and preferred not in reserved and is_free(preferred):
            return preferred
        return free_port(reserved)


def _defaults() -> dict[str, int]:
    return {**_SERVERS, **{service: port_of(service) for service in ALL}}


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do; TIME_WAIT is no hindrance
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(reserved: set[int]) -> int:
    for _ in range(200):
        port = random.choice(_OWN_RANGE)  # noqa: S311 - no secret
        if port not in reserved and is_free(port):
            return port
    raise StackError(
        f"No free port was found between {_OWN_RANGE.start} and {_OWN_RANGE.stop}. Stop what listens there."
    )


def answers(port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True
