"""Settings of a service from the environment (`RAPPORT_KAFKA__BROKERS=…`) and from files of secrets.

A file in the folder `RAPPORT_SECRETS_DIR` is named like its variable in lower case: `rapport_database__dsn`.
The environment wins over a file.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Self, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    create_model,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from shared.environment import PREFIX, check_dsn, check_names, find_names, read_secrets, read_variables
from shared.errors import ConfigurationError

_UNIONS = (Union, UnionType)
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class Group(BaseModel):
    """One group of settings; a service's own groups are built on it too."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _check_brokers(brokers: str) -> str:
    if any(not 0 < int(broker.rpartition(":")[2]) < 65_536 for broker in brokers.split(",")):
        raise ValueError("a port is from 1 to 65535")
    return brokers


class KafkaSettings(Group):
    brokers: Annotated[str, Field(pattern=r"^[^\s,]+:\d+(,[^\s,]+:\d+)*$"), AfterValidator(_check_brokers)]
    session_timeout_ms: int = Field(default=10_000, ge=1_000)
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    username: str | None = None
    password: SecretStr | None = None
    cafile: Path | None = None

    @model_validator(mode="after")
    def _credentials(self) -> Self:
        if self.security_protocol.startswith("SASL") and not (self.username and self.password):
            raise ValueError("RAPPORT_KAFKA__USERNAME and RAPPORT_KAFKA__PASSWORD have to be set with a SASL protocol")
        return self

    @property
    def bootstrap(self) -> list[str]:
        return self.brokers.split(",")


def _check_address(dsn: SecretStr) -> SecretStr:
    check_dsn(dsn.get_secret_value())
    return dsn


class DatabaseSettings(Group):
    """`dsn` is the service's role (no DDL); `owner_dsn` is read by `shared.run.migrate` alone.

    `pool_max` connections are the engine's and the workers', `http_pool_max` more are for requests, of which no
    statement takes longer than `http_statement_s` seconds. `http_plans` is Postgres' `plan_cache_mode` for these.
    """

    dsn: Annotated[SecretStr, AfterValidator(_check_address)]
    owner_dsn: SecretStr | None = None
    pool_min: int = Field(default=2, ge=1)
    pool_max: int = Field(default=10, ge=1)
    http_pool_max: int = Field(default=10, ge=1)
    http_statement_s: float = Field(default=10, gt=0)
    http_plans: Literal["auto", "force_generic_plan"] = "auto"


class HttpSettings(Group):
    """`port` 0 is any that is free; each service has a usual one, which its own settings name.

    A request's head (its first line and headers) and its body have to come within `head_s` and `body_s` seconds, and an
    answer whose client reads nothing for `unread_s` seconds is cut off. Of each costly route `costly_at_once` requests
    are worked on, and others wait up to `costly_wait_s` seconds. `max_streams` streams of changes are open at a time,
    `max_streams_each` for one subject of tokens.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65_535)
    max_body_bytes: int = Field(default=2 * 1024 * 1024, ge=1_024)
    max_head_bytes: int = Field(default=32 * 1024, ge=1_024)
    max_url_bytes: int = Field(default=8 * 1024, ge=256)
    max_connections: int = Field(default=1_000, ge=1)
    head_s: float = Field(default=10, gt=0)
    body_s: float = Field(default=30, gt=0)
    costly_at_once: int = Field(default=2, ge=1)
    costly_wait_s: float = Field(default=10, gt=0)
    unread_s: float = Field(default=30, gt=0)
    max_streams: int = Field(default=400, ge=1)
    max_streams_each: int = Field(default=40, ge=1)


Granted = Literal["crm:read", "crm:write", "crm:admin", "crm:erase", "party:own"]


class AuthSettings(Group):
    """`jwks` is the path of a file or an http(s) URL with the keys that tokens are signed with.

    Scopes are what `scope` or `scp` says, or the claim `scopes_claim` (`realm_access.roles` is one within another).
    With `scopes` only what it names counts, and opens what it lists: `{"agents": ["crm:read", "crm:write"]}`.
    `party_claim` holds the party of `party:own`.
    """

    mode: Literal["jwt", "off"] = "jwt"
    issuer: str | None = None
    audience: str | None = None
    jwks: str | None = None
    leeway_s: int = Field(default=10, ge=0, le=300)
    scopes_claim: str | None = Field(default=None, min_length=1)
    scopes: dict[str, frozenset[Granted]] = Field(default_factory=dict)
    party_claim: str = Field(default="party_id", min_length=1)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = [
            f"RAPPORT_AUTH__{name.upper()}" for name in ("issuer", "audience", "jwks") if not getattr(self, name)
        ]
        if self.mode == "jwt" and missing:
            raise ValueError(f"{', '.join(missing)} not set; on loopback RAPPORT_AUTH__MODE=off goes without")
        return self


class LogSettings(Group):
    """`auto` is console on a terminal, else JSON."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console", "auto"] = "auto"


class TracingSettings(Group):
    """Off without `endpoint`, the URL of an OTLP/HTTP collector. `ratio` of the traces that begin here are looked at;
    whether one that began elsewhere is, its sender says.
    """

    endpoint: str | None = Field(default=None, pattern=r"^https?://\S+$")
    ratio: float = Field(default=0.01, ge=0, le=1)


class EngineSettings(Group):
    """Sizes in records, times in milliseconds.

    The paces say how long a reader gathers while records come in: less is quicker, and costs more.
    """

    batch_records: int = Field(default=1_000, ge=1, le=5_000)
    batch_bytes: int = Field(default=4 * 1024 * 1024, ge=1_024)
    pace_ms: int = Field(default=40, ge=0, le=1_000)
    follow_pace_ms: int = Field(default=10, ge=0, le=1_000)
    gathering_pace_ms: int = Field(default=200, ge=0, le=1_000)
    offsets_commit_ms: int = Field(default=5_000, ge=100)
    relay_shards: int = Field(default=1, ge=1, le=12)
    relay_batch: int = Field(default=2_000, ge=1, le=10_000)
    timers_batch: int = Field(default=500, ge=1, le=500)
    backoff_max_ms: int = Field(default=30_000, ge=100)
    breaker_probe_ms: int = Field(default=60_000, ge=100)


class SecretFiles(EnvSettingsSource):
    """The files of `RAPPORT_SECRETS_DIR`, read as if each were a variable of the environment."""

    def _load_env_vars(self) -> dict[str, str | None]:
        return dict(read_secrets())


class _Environment(BaseSettings):
    """Raises ConfigurationError that names each variable to set or to spell otherwise, and no value of any."""

    model_config = SettingsConfigDict(
        frozen=True,
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="ignore",
        hide_input_in_errors=True,
        nested_model_default_partial_update=True,
    )

    def __init__(self, **values: Any) -> None:
        check_names(read_variables(), names_of(ServiceSettings) | names_of(type(self)))
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise ConfigurationError(_explain(error)) from None
        except SettingsError as error:
            raise ConfigurationError(_name_unreadable(error)) from None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is passed in wins over the environment, the environment over files; there is no `.env`."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, SecretFiles(settings_cls)


class ProcessSettings(_Environment):
    """What every process with an HTTP side needs, also one without facts of its own."""

    # A group without a default of its own is filled from the environment, so that what is missing gets named.
    http: HttpSettings = HttpSettings()
    auth: AuthSettings = Field(default_factory=dict, validate_default=True)
    log: LogSettings = LogSettings()
    tracing: TracingSettings = TracingSettings()

    @model_validator(mode="after")
    def _guarded(self) -> Self:
        if self.auth.mode == "off" and self.http.host not in LOOPBACK:
            raise ValueError("RAPPORT_AUTH__MODE=off is possible only with RAPPORT_HTTP__HOST=127.0.0.1")
        return self


class ServiceSettings(ProcessSettings):
    """What every service needs that hears topics; a service adds its own group under its name."""

    kafka: KafkaSettings = Field(default_factory=dict, validate_default=True)
    database: DatabaseSettings = Field(default_factory=dict, validate_default=True)
    engine: EngineSettings = EngineSettings()
    clock: Literal["wall", "stream"] = "wall"


def read_group(settings: type[ProcessSettings], name: str) -> Any:
    """One group of a service's settings, read without the others, which need not be set."""
    field = settings.model_fields[name]
    fields: dict[str, Any] = {name: (field.annotation, field)}
    return getattr(create_model(settings.__name__, __base__=_Environment, **fields)(), name)


def names_of(settings: type[BaseSettings]) -> dict[str, bool]:
    """The variables that fill it, and of each whether names may go on behind it."""
    names: dict[str, bool] = {}
    for name, field in settings.model_fields.items():
        group = next(
            (kind for kind in _parts(field.annotation) if isinstance(kind, type) and issubclass(kind, Group)), None
        )
        names[f"{PREFIX}{name.upper()}"] = False
        for part, within in group.model_fields.items() if group else ():
            names[f"{PREFIX}{name.upper()}__{part.upper()}"] = _holds_names(within.annotation)
    return names


def _parts(annotation: Any) -> tuple[Any, ...]:
    """A type, or the members of a union."""
    return get_args(annotation) if get_origin(annotation) in _UNIONS else (annotation,)


def _holds_names(annotation: Any) -> bool:
    kinds = [get_origin(kind) or kind for kind in _parts(annotation)]
    return any(isinstance(kind, type) and issubclass(kind, (Mapping, BaseModel)) for kind in kinds)


def _name_unreadable(error: SettingsError) -> str:
    """Pydantic says in which group there is no JSON, and not by which of its variables: by that with this text."""
    group = re.search(r'"(\w+)"', str(error))
    names = find_names(group[1], getattr(error.__cause__, "doc", "")) if group else []
    return f"{' or '.join(names) or error} holds no JSON that can be read"


def _explain(error: ValidationError) -> str:
    """One line per variable, without what it holds."""
    lines = []
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        name = PREFIX + "__".join(str(part) for part in problem["loc"]).upper()
        match problem["type"]:
            case "missing":
                lines.append(f"{name} is not set")
            case "extra_forbidden":
                lines.append(f"{name} is no setting")
            case _:
                said = problem["msg"].removeprefix("Value error, ")
                lines.append(said if "RAPPORT_" in said else f"{name}: {said}")
    return "; ".join(lines)
