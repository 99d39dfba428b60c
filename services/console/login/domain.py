"""A session as cookies hold it: sealed, so that neither a page nor its owner reads a token. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TypeVar

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

T = TypeVar("T")
_PIECE = 3_600
_PIECES = 5
LOGIN_S = 600
"""How long somebody may take to sign in."""


@dataclass(frozen=True, slots=True)
class Session:
    """Times are seconds since 1970. `ends_at` is when signing in is asked for anew, whatever the issuer says."""

    access_token: str
    expires_at: float
    ends_at: float
    refresh_token: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A login under way: what its answer has to bring back, and where it leads."""

    state: str
    nonce: str
    verifier: str
    following: str


class TooLarge(Exception):
    """The issuer's tokens do not fit into cookies."""


class Seal:
    """Encrypts and signs with the first key, opens with any."""

    def __init__(self, keys: str) -> None:
        self._box = MultiFernet([Fernet(key.strip()) for key in keys.split(",")])

    def close(self, content: Session | Attempt) -> str:
        return self._box.encrypt(to_json(asdict(content))).decode()

    def open_session(self, text: str) -> Session | None:
        """None for what is not ours, or was changed."""
        return self._open(text, _SESSION, None)

    def open_attempt(self, text: str) -> Attempt | None:
        """None for what is not ours, or too old."""
        return self._open(text, _ATTEMPT, LOGIN_S)

    def _open(self, text: str, kind: TypeAdapter[T], ttl: int | None) -> T | None:
        try:
            return kind.validate_json(self._box.decrypt(text, ttl))
        except (InvalidToken, ValidationError):
            return None


_SESSION = TypeAdapter(Session)
_ATTEMPT = TypeAdapter(Attempt)


@dataclass(frozen=True, slots=True)
class Cookies:
    """Names, and what is said with each. `__Host-` binds a cookie to its host and to TLS, but on loopback."""

    secure: bool

    @property
    def attempt(self) -> str:
        return self._name("rapport-login")

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self.secure else name

    def read(self, given: Mapping[str, str]) -> str:
        """The sealed session out of its pieces; empty where there is none."""
        pieces: list[str] = []
        while piece := given.get(self._piece(len(pieces))):
            pieces.append(piece)
        return "".join(pieces)

    def write(self, sealed: str) -> Iterator[str]:
        """`Set-Cookie` of each piece; those that are not needed are taken away. Raises TooLarge."""
        pieces = [sealed[begin : begin + _PIECE] for begin in range(0, len(sealed), _PIECE)]
        if len(pieces) > _PIECES:
            raise TooLarge
        for number in range(_PIECES):
            yield self.set(self._piece(number), pieces[number] if number < len(pieces) else "")

    def set(self, name: str, value: str, seconds: int | None = None) -> str:
        """A cookie that scripts do not see and that no other site's form carries; without a value it is taken away."""
        age = f"; Max-Age={seconds}" if value and seconds else "" if value else "; Max-Age=0"
        return f"{name}={value}; Path=/; HttpOnly; SameSite=Lax{age}{'; Secure' if self.secure else ''}"

    def _piece(self, number: int) -> str:
        return self._name(f"rapport-session-{number}")
