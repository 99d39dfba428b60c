"""The variables of the environment that begin with `RAPPORT_`, and the files of secrets that stand for some of them.

Every such name is Rapport's. Of those that no process knows only what Kubernetes sets by itself is left alone, since a
setting whose name is wrong by a letter would be ignored in silence.
"""

import contextlib
import os
import re
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from shared.errors import ConfigurationError

PREFIX = "RAPPORT_"
GROUPS = frozenset({"CONSOLE", "CONTACTS", "FORECASTING", "LOGIN", "MARKETING", "OPERATOR", "SUPPORT"})
"""Which some process has and others have not. Processes may share one environment, so each leaves these to the others;
an image holds the code of one service alone, so that they cannot be looked up.
"""
_OTHERS = frozenset(
    PREFIX + name for name in ("ACTOR", "CACHE", "CLOCK_OFFSET_FILE", "FAULT", "MAVEN_URL", "SECRETS_DIR", "TOKEN")
)
"""Single variables of the operators' command, the embedded stack and tests."""

# For a Service called `rapport-contacts` each pod of its namespace is given RAPPORT_CONTACTS_SERVICE_HOST and others.
_OF_KUBERNETES = re.compile(r"RAPPORT_([A-Z0-9_]*_)?(SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)")
_LINK = re.compile(r"(tcp|udp|sctp)://\S+")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[^\s:\[\]@]*)(:(?P<port>\d{1,5}))?")
_SSL_MODES = frozenset({"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})
_PORTS = range(1, 65_536)


def read_secrets() -> dict[str, str]:
    """What the files of `RAPPORT_SECRETS_DIR` hold, by name and without white space around it."""
    folder = os.environ.get("RAPPORT_SECRETS_DIR")
    if not folder:
        return {}
    if not Path(folder).is_dir():
        raise ConfigurationError(f"RAPPORT_SECRETS_DIR names {folder}, which is not a folder")
    try:
        # Kubernetes keeps the versions of a mounted secret in folders whose names start with a dot.
        files = [file for file in Path(folder).iterdir() if file.is_file() and not file.name.startswith(".")]
    except OSError as error:
        raise ConfigurationError(
            f"RAPPORT_SECRETS_DIR names {folder}, which cannot be read: {error.strerror}"
        ) from None
    return {file.name.lower(): _read(file) for file in files if file.name.upper().startswith(PREFIX)}


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigurationError(f"the secret {file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"the secret {file} is no text in UTF-8") from None


def read_variables() -> dict[str, str]:
    """By their names in upper case. The environment wins over a file of secrets."""
    files = {name.upper(): value for name, value in read_secrets().items()}
    return files | {name.upper(): value for name, value in os.environ.items() if name.upper().startswith(PREFIX)}


class Followed:
    """A secret that may be changed while the process runs. Where it came from a file it is read again at each use."""

    def __init__(self, name: str, text: str) -> None:
        """`text` is what was read first; what came from anywhere else but its file stays as it is."""
        self._name = name.lower()
        self._last = text
        self._from_file = read_secrets().get(self._name) == text

    def read(self) -> str:
        """The newest; the last one where the file is being replaced and cannot be read."""
        if self._from_file:
            with contextlib.suppress(ConfigurationError):
                self._last = read_secrets().get(self._name) or self._last
        return self._last


def find_names(group: str, text: str) -> list[str]:
    """Of the variables and files of a group those that hold this text."""
    held = [*read_secrets().items(), *os.environ.items()]
    begin = PREFIX + group.upper()
    return sorted({name.upper() for name, value in held if name.upper().startswith(begin) and value == text})


def check_names(variables: Mapping[str, str], known: Mapping[str, bool]) -> None:
    """Raises ConfigurationError that names each variable that nobody knows, with the right name that is nearest.

    `known` are this process's own names; where its value says so, names may go on behind it (`…__SCOPES__AGENTS`).
    """
    elsewhere = GROUPS - {name.removeprefix(PREFIX).split("__")[0] for name in known}
    unknown = [name for name in sorted(variables) if not _is_known(name, variables[name], known, elsewhere)]
    if unknown:
        raise ConfigurationError("; ".join(_say(name, known, elsewhere) for name in unknown))


def _is_known(name: str, value: str, known: Mapping[str, bool], elsewhere: Collection[str]) -> bool:
    if name in known or name in _OTHERS or _OF_KUBERNETES.fullmatch(name):
        return True
    if name.endswith("_PORT") and _LINK.fullmatch(value):
        return True
    group, *rest = name.removeprefix(PREFIX).split("__")
    return group in elsewhere or (len(rest) > 1 and known.get(f"{PREFIX}{group}__{rest[0]}", False))


def _say(name: str, known: Collection[str], elsewhere: Collection[str]) -> str:
    """Underscores count once, so that `ENGINE_PACE_MS` is as near as can be."""
    text = name.removeprefix(PREFIX).replace("__", "_")
    group = next((group for group in elsewhere if text.startswith(f"{group}_")), None)
    if group:
        return (
            f"{name} is no setting: {PREFIX}{group}__{text.removeprefix(f'{group}_')} would be one of another process"
        )
    spelt = {other.removeprefix(PREFIX).replace("__", "_"): other for other in (*known, *_OTHERS)}
    near = get_close_matches(text, spelt, n=1)
    return f"{name} is no setting" + (f": the nearest is {spelt[near[0]]}" if near else "")


def check_dsn(dsn: str) -> str:
    """The same. Raises ValueError, which quotes nothing, where Postgres' client could make nothing of it."""
    if not dsn.isprintable() or not dsn.lower().startswith(("postgres://", "postgresql://")):
        raise ValueError("such an address is postgresql://user:password@host:port/database")
    try:
        parts = urlsplit(dsn)
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError:
        raise ValueError("what stands in [] or behind the ? of the address cannot be read") from None
    places = parts.netloc.partition("@")[2] if "@" in parts.netloc else parts.netloc
    for place in places.split(",") if places else ():
        found = _HOST.fullmatch(place)
        if not place or found is None or int(found["port"] or 5_432) not in _PORTS:
            raise ValueError("its host or port cannot be read; in names and passwords %3A, %2F and %40 stand for : / @")
    if not all(port.isdecimal() for port in options.get("port", "1").split(",")):
        raise ValueError("its port is no number")
    if options.get("sslmode", "prefer").replace("_", "-") not in _SSL_MODES:
        raise ValueError(f"its sslmode is one of {', '.join(sorted(_SSL_MODES))}")
    return dsn


def place_of(dsn: str) -> str:
    """The hosts and ports that it names, without user and password."""
    return urlsplit(dsn).netloc.rpartition("@")[2] or "this machine"
