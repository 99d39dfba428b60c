"""Where the services' databases and the brokers are, for an operator."""

import getpass
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import asyncpg
from pydantic import BaseModel, Field, TypeAdapter

from shared.engine.kafka import client_options
from shared.environment import GROUPS, check_dsn, check_names, place_of, read_variables
from shared.errors import ConfigurationError
from shared.run.discovery import SERVICES
from shared.settings import KafkaSettings, ServiceSettings, names_of, read_group

T = TypeVar("T")
USUAL_FOLDER = Path(".run")
_HELP = (
    "name a running stack with --stack FOLDER, or set RAPPORT_KAFKA__BROKERS and, for each service, "
    "RAPPORT_OPERATOR__<SERVICE>=postgresql://... (inside a service's container RAPPORT_DATABASE__DSN is enough)"
)


@dataclass(frozen=True, slots=True)
class Stack:
    """What can be reached: a DSN per service, the brokers if they are known, and DSNs of owners where they are."""

    dsns: Mapping[str, str]
    kafka: KafkaSettings | None
    owners: Mapping[str, str] = field(default_factory=dict)

    def only(self, service: str | None) -> "Stack":
        """The same with one service. Raises ConfigurationError where that one is not known."""
        if service is None:
            return self
        if service not in self.dsns:
            raise ConfigurationError(_unknown(service, self.dsns))
        return replace(self, dsns={service: self.dsns[service]})

    def owner_dsn(self, service: str) -> str:
        """Of the role that may make tables. Raises ConfigurationError where it is not known."""
        if service not in self.owners:
            raise ConfigurationError(
                f"the owner of {service}'s tables is not known here: set RAPPORT_OPERATOR__{service.upper()}_OWNER, or "
                "inside the service's container RAPPORT_DATABASE__OWNER_DSN"
            )
        return _checked(self.owners[service], f"the owner's address of {service}")

    def kafka_options(self) -> dict[str, Any]:
        """For any aiokafka client. Raises ConfigurationError where the brokers are not known."""
        if self.kafka is None:
            raise ConfigurationError(f"the brokers are not known here; {_HELP}")
        return client_options(self.kafka, "command")

    def signed_dsn(self, service: str) -> str:
        """Of sessions that say who acts, which audit lines keep: RAPPORT_ACTOR, else the user of this machine."""
        dsn = self.dsns[service]
        actor = os.environ.get("RAPPORT_ACTOR") or f"{_user()}@{socket.gethostname()}"
        return f"{dsn}{'&' if urlsplit(dsn).query else '?'}rapport.actor={quote(actor, safe='', errors='replace')}"

    async def from_each(self, act: Callable[[asyncpg.Connection], Awaitable[Iterable[T]]]) -> list[tuple[str, T]]:
        """What `act` returns for the database of each service, with the service's name. Raises as `connect` does."""
        found: list[tuple[str, T]] = []
        for service in self.dsns:
            async with self.connect(service) as connection:
                found += [(service, each) for each in await act(connection)]
        return found

    @asynccontextmanager
    async def connect(self, service: str) -> AsyncIterator[asyncpg.Connection]:
        """A connection to a service's database. Raises ConfigurationError that says what could not be reached."""
        with self.reaching(service):
            connection = await asyncpg.connect(self.signed_dsn(service), timeout=5, command_timeout=40)
        try:
            yield connection
        finally:
            await connection.close()

    @contextmanager
    def reaching(self, service: str) -> Iterator[None]:
        """Around what connects to a service's database; what then fails is told as ConfigurationError."""
        try:
            yield
        except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise ConfigurationError(
                f"the database of {service} at {place_of(self.dsns[service])} cannot be used ({type(error).__name__}): "
                "is it up, and are the role and its password right?"
            ) from None


def _user() -> str:
    """A container may run as a number that has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _unknown(service: str, known: Iterable[str]) -> str:
    if service not in SERVICES:
        return f"{service} is no service: take one of {', '.join(SERVICES)}"
    return f"the database of {service} is not known here, only of {', '.join(known) or 'none'}; {_HELP}"


def find_stack(folder: Path | None) -> Stack:
    """The stack in a folder, else the environment's, else that of `make run`. Raises ConfigurationError."""
    if folder is not None:
        return _of_folder(folder)
    environment = read_variables()
    own = {f"RAPPORT_OPERATOR__{name.upper()}{end}": False for name in (*SERVICES, *GROUPS) for end in ("", "_OWNER")}
    check_names(environment, names_of(ServiceSettings) | own)
    dsns = _dsns_of(environment)
    if dsns:
        return Stack(dsns, _kafka_of(environment), _owners_of(environment, dsns))
    if (USUAL_FOLDER / "addresses.json").exists():
        return _of_folder(USUAL_FOLDER)
    raise ConfigurationError(f"no stack is known; {_HELP}")


def _dsns_of(environment: Mapping[str, str]) -> dict[str, str]:
    found = {service: _dsn_of(environment, f"RAPPORT_OPERATOR__{service.upper()}") for service in SERVICES}
    dsns = {service: dsn for service, dsn in found.items() if dsn is not None}
    own = _dsn_of(environment, "RAPPORT_DATABASE__DSN")
    if own and not dsns:
        service = urlsplit(own).path.removeprefix("/")
        if service not in SERVICES:
            raise ConfigurationError(
                f"RAPPORT_DATABASE__DSN names the database {service!r}, which is no service's: "
                "set RAPPORT_OPERATOR__<SERVICE> instead"
            )
        dsns[service] = own
    return dsns


def _owners_of(environment: Mapping[str, str], dsns: Mapping[str, str]) -> dict[str, str]:
    own = environment.get("RAPPORT_DATABASE__OWNER_DSN") if len(dsns) == 1 else None
    owners = {service: environment.get(f"RAPPORT_OPERATOR__{service.upper()}_OWNER", own) for service in dsns}
    return {service: dsn for service, dsn in owners.items() if dsn}


def _dsn_of(environment: Mapping[str, str], name: str) -> str | None:
    return _checked(environment[name], name) if name in environment else None


def _checked(dsn: str, name: str) -> str:
    try:
        return check_dsn(dsn)
    except ValueError as error:
        raise ConfigurationError(f"{name}: {error}") from None


def _kafka_of(environment: Mapping[str, str]) -> KafkaSettings | None:
    if environment.keys().isdisjoint({"RAPPORT_KAFKA", "RAPPORT_KAFKA__BROKERS"}):
        return None
    kafka: KafkaSettings = read_group(ServiceSettings, "kafka")
    return kafka


class _Ports(BaseModel):
    postgres: int = Field(ge=1, le=65_535)
    kafka: int = Field(ge=1, le=65_535)


_SECRETS = TypeAdapter(dict[str, str])


def _of_folder(path: Path) -> Stack:
    """`addresses.json` lies beside the ports and the passwords of the stack."""
    folder = path.parent if path.name == "addresses.json" else path
    try:
        ports = _Ports.model_validate_json((folder / "ports.json").read_bytes())
        secrets = _SECRETS.validate_json((folder / "secrets.json").read_bytes())
    except (OSError, ValueError):
        raise ConfigurationError(_no_stack(folder)) from None
    known = [service for service in SERVICES if service in secrets]
    if not known:
        raise ConfigurationError(_no_stack(folder))
    place = f"127.0.0.1:{ports.postgres}"
    dsns = {name: f"postgresql://{name}:{quote(secrets[name], safe='')}@{place}/{name}" for name in known}
    owners = {
        name: f"postgresql://{name}_owner:{quote(secrets[f'{name}_owner'], safe='')}@{place}/{name}"
        for name in known
        if f"{name}_owner" in secrets
    }
    return Stack(dsns, KafkaSettings(brokers=f"127.0.0.1:{ports.kafka}"), owners)


def _no_stack(folder: Path) -> str:
    return f"{folder} holds no stack: name the folder that `make run` was given as DATA"
