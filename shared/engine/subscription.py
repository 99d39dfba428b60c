"""A subscription is one consumer group of a service, with one handler for each of its topics."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar, get_args, get_type_hints
from uuid import UUID

from shared.engine.event import Event, Tombstone
from shared.engine.transaction import Transaction
from shared.events.contract import Contract, contract_of

EventHandler = Callable[[Sequence[Event[Any]], Transaction], Awaitable[None]]
H = TypeVar("H", bound=Callable[..., Awaitable[None]])


@dataclass(frozen=True, slots=True)
class Due:
    """A timer whose time has come. `now` is the watermark that passed it: facts up to `due_at` are all known."""

    id: UUID
    partition: int
    due_at: datetime
    now: datetime


TimerHandler = Callable[[Sequence[Due], Transaction], Awaitable[None]]
Hold = Callable[[Transaction], Awaitable[bool]]
LockFirst = Callable[[Transaction, Sequence[UUID]], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class TopicHandler:
    """The handler of one topic and the contracts of the types that it names."""

    topic: str
    handle: EventHandler
    contracts: dict[str, Contract]
    takes_tombstones: bool
    parsers: dict[bytes, tuple[str, Callable[[bytes], Any]]]


class Subscription:
    """Group `<service>.<name>`; a *process* is the record itself, a *projection* can be rebuilt from the topics.

    A projection writes only tables of its own schema (`<name>_v<version>`, the transaction's search path), emits
    nothing and owns no timers.
    """

    def __init__(
        self,
        group: str,
        *,
        kind: Literal["process", "projection"],
        topics: Sequence[str],
        version: int = 1,
        passes_clock_to: Sequence[str] = (),
        follows_time: bool = False,
        waited_for: bool = True,
        paced: bool = False,
    ) -> None:
        """`topics` are handled in this order within a batch, so rows are locked in it too.

        `follows_time`: its watermark is asked for although it owns no timers, and goes on while nothing comes.

        `waited_for`: somebody waits for what it does; nobody does for a projection, nor where this is False, so those
        gather longer while records come in. `paced`: somebody waits, but no other service does, and small batches cost
        it much, so it gathers as long as readers of outside topics do, whatever it hears.

        `passes_clock_to` names the topics into which this group passes the stream's clock on (contacts alone).
        """
        self.group = group
        self.order = tuple(topics)
        self.passes_clock_to = tuple(passes_clock_to)
        self.kind = kind
        self.version = version
        self.topics: dict[str, TopicHandler] = {}
        self.timers: dict[str, TimerHandler] = {}
        self.holds: dict[str, Hold] = {}
        self.locks_first: dict[str, LockFirst] = {}
        self.waited_for = waited_for and kind == "process"
        self.paced = paced
        self._follows_time = follows_time

    @property
    def follows_time(self) -> bool:
        return self._follows_time or bool(self.timers)

    @property
    def schema(self) -> str | None:
        """The schema that holds a projection's tables; None for a process."""
        return (
            f"{self.group.partition('.')[2].replace('-', '_')}_v{self.version}" if self.kind == "projection" else None
        )

    def topic(self, name: str) -> Callable[[H], H]:
        """Decorate `async def verb_nouns(events: Sequence[Event[A | B]], tx: Transaction)`.

        The engine calls it with fresh events of the types A and B, in the order of the log, inside the transaction that
        also moves the fence. It may be called again with any subset of the keys, so it keeps no state outside `tx`.
        Raise BadRecord to refuse an event for good; every other error means trying again.
        """

        def register(handle: H) -> H:
            if name not in self.order:
                raise ValueError(f"{self.group} does not list {name} among its topics")
            if name in self.topics:
                raise ValueError(f"{self.group} has two handlers for {name}")
            models = _models(handle)
            contracts = [contract_of(model) for model in models if model is not Tombstone]
            elsewhere = [entry.type for entry in contracts if entry.topic != name]
            if elsewhere:
                raise ValueError(f"{self.group} subscribes to {elsewhere} on {name}, where they are not published")
            self.topics[name] = TopicHandler(
                name,
                handle,
                {entry.type: entry for entry in contracts},
                Tombstone in models,
                {entry.type.encode(): (entry.type, entry.parse) for entry in contracts},
            )
            self.topics = {topic: self.topics[topic] for topic in self.order if topic in self.topics}
            return handle

        return register

    def require_handlers(self) -> None:
        """Raises ValueError where a listed topic has no handler: its module was not imported."""
        missing = [topic for topic in self.order if topic not in self.topics]
        if missing:
            raise ValueError(f"{self.group} lists {', '.join(missing)} and has no handler for it")

    def timer(self, name: str, *, unless: Hold | None = None, locks_first: LockFirst | None = None) -> Callable[[H], H]:
        """Decorate `async def verb_nouns(due: Sequence[Due], tx: Transaction)`.

        Called with at most 500 due timers, each deleted in the same transaction; set one again to postpone it. As long
        as `unless` answers true none fires; it is asked each time in the transaction that would handle them.

        `locks_first` is told which timers are due before any of them is locked, and takes the locks under which others
        set and clear them: who fires would else hold a timer and wait for who holds, say, its party and clears it.
        """

        def register(handle: H) -> H:
            if self.kind == "projection":
                raise ValueError(f"{self.group} is a projection and owns no timers")
            self.timers[name] = handle
            if unless is not None:
                self.holds[name] = unless
            if locks_first is not None:
                self.locks_first[name] = locks_first
            return handle

        return register


def _models(handle: Callable[..., Any]) -> tuple[type, ...]:
    hint = next(iter(get_type_hints(handle).values()))
    (event,) = get_args(hint)
    (data,) = get_args(event)
    return get_args(data) or (data,)
