"""What the stack asks of its parts, whether they are processes of this machine or containers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class Running(Protocol):
    """Something with a process. All methods block and may be called from any thread."""

    @property
    def log(self) -> Path: ...
    @property
    def pid(self) -> int | None:
        """None while it does not run."""

    @property
    def status(self) -> int | None:
        """Exit status of the last run, negative for the signal that ended it; None while it runs."""

    def is_alive(self) -> bool: ...
    def stop(self) -> None:
        """In order; returns when it has ended."""

    def kill(self) -> None:
        """SIGKILL; returns when it is gone."""

    def suspend(self) -> None: ...
    def resume(self) -> None: ...


class Part(Protocol):
    @property
    def child(self) -> Running: ...
    def start(self, env: Mapping[str, str] | None = None) -> None:
        """Returns when it is ready, raises StartError. `env` is added to a service's environment for this start."""


class Broker(Part, Protocol):
    @property
    def bootstrap(self) -> str:
        """host:port"""

    def prepare(self) -> None:
        """What is needed once before the first start."""


class Server(Part, Protocol):
    @property
    def address(self) -> str:
        """host:port"""

    def dsn(self, database: str = "postgres") -> str:
        """Of the superuser."""

    def prepare(self) -> None:
        """What is needed once before the first start."""
