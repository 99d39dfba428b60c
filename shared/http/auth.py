"""Who asks: bearer JWTs checked against the issuer's keys, and the scopes that they carry."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from fastapi import Request
from fastapi.security import HTTPBearer

from shared.errors import ConfigurationError, Refused
from shared.settings import AuthSettings

ALGORITHMS = ("RS256", "ES256", "EdDSA")
ALL_SCOPES = frozenset({"crm:read", "crm:write", "crm:admin", "crm:erase"})
_REMEMBERED = 1_000


class Unauthenticated(Refused):
    """No token, or one that cannot be trusted."""

    status = 401
    reason = "unauthenticated"

    def __init__(self, detail: str, *, error: str | None = None) -> None:
        super().__init__(detail)
        self.headers = {"WWW-Authenticate": f'Bearer error="{error}"' if error else "Bearer"}


class Forbidden(Refused):
    """The token is sound and lacks a scope."""

    status = 403
    reason = "missing_scope"

    def __init__(self, scope: str) -> None:
        super().__init__(f"needs the scope {scope}")
        self.headers = {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'}


class KeysUnavailable(Refused):
    """The issuer's keys cannot be read now."""

    status = 503
    reason = "keys_unavailable"


@dataclass(frozen=True, slots=True)
class Principal:
    """`subject` is a staff or client id; `party_id` is the one party that the scope `party:own` speaks of.

    `expires_at` is in seconds since 1970; None where nobody has a token.
    """

    subject: str
    scopes: frozenset[str]
    party_id: str | None = None
    expires_at: float | None = None

    @property
    def owns(self) -> str | None:
        """The party to which the scope `party:own` opens what is of that party alone."""
        return self.party_id if "party:own" in self.scopes else None


_EVERYBODY = Principal("anonymous", ALL_SCOPES)


class Authenticator:
    """Checks tokens by `settings`; remembers sound ones until they expire or the file of keys changes."""

    def __init__(self, settings: AuthSettings) -> None:
        self._settings = settings
        self._off = settings.mode == "off"
        self._known: dict[str, tuple[Principal, float]] = {}
        self._file: Path | None = None
        self._file_state: tuple[int, int] | None = None
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._client: jwt.PyJWKClient | None = None
        if not self._off:
            assert settings.jwks is not None
            if settings.jwks.startswith(("http://", "https://")):
                self._client = jwt.PyJWKClient(settings.jwks, cache_jwk_set=True, lifespan=300, timeout=5)
            else:
                self._file = Path(settings.jwks)
                self._reload()

    async def principal(self, token: str | None) -> Principal:
        """Who the token speaks for; raises Unauthenticated or KeysUnavailable. Blocks for no network call."""
        if self._off:
            return _EVERYBODY
        if token is None:
            raise Unauthenticated("needs a bearer token")
        if self._file is not None:
            self._reload()
        known = self._known.get(token)
        if known is not None and known[1] > time.time():
            return known[0]
        claims = self._verified(token, await self._key(token))
        if not str(claims["sub"]).strip():
            raise Unauthenticated("the token names no subject", error="invalid_token")
        expires_at, party = float(claims["exp"]), _claim(claims, self._settings.party_claim)
        own = party if isinstance(party, str) else None
        principal = Principal(str(claims["sub"]), self._scopes(claims), own, expires_at)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[token] = principal, expires_at
        return principal

    async def speaker(self, authorization: str) -> Principal:
        """Who an `Authorization` header speaks for; raises as `principal` does."""
        scheme, _, token = authorization.partition(" ")
        return await self.principal(token.strip() if scheme.lower() == "bearer" else None)

    async def admit(self, authorization: str, scope: str, *, own: bool = False) -> Principal:
        """Who the header speaks for; raises Forbidden too, where the token lacks the scope.

        With `own` a token for one's own party is enough.
        """
        principal = await self.speaker(authorization)
        if scope not in principal.scopes and not (own and principal.owns):
            raise Forbidden(scope)
        return principal

    def _scopes(self, claims: Mapping[str, Any]) -> frozenset[str]:
        path, names = self._settings.scopes_claim, self._settings.scopes
        granted = _claim(claims, path) if path else claims.get("scope") or claims.get("scp")
        said = granted.split() if isinstance(granted, str) else granted if isinstance(granted, list) else []
        if not names:
            return frozenset(map(str, said))
        return frozenset(scope for each in said for scope in names.get(str(each), ()))

    def _verified(self, token: str, key: jwt.PyJWK) -> Mapping[str, Any]:
        try:
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name] if key.algorithm_name in ALGORITHMS else [],
                issuer=self._settings.issuer,
                audience=self._settings.audience,
                leeway=self._settings.leeway_s,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("the token has expired", error="invalid_token") from None
        except jwt.PyJWTError as error:
            raise Unauthenticated(f"the token is not sound: {type(error).__name__}", error="invalid_token") from None
        return claims

    async def _key(self, token: str) -> jwt.PyJWK:
        try:
            if self._client is not None:
                return await asyncio.to_thread(self._client.get_signing_key_from_jwt, token)
            kid = jwt.get_unverified_header(token).get("kid")
        except jwt.PyJWKClientConnectionError:
            raise KeysUnavailable("the issuer's keys cannot be fetched now") from None
        except jwt.PyJWTError:
            raise Unauthenticated("the token is not sound", error="invalid_token") from None
        key = self._keys.get(kid) or (next(iter(self._keys.values())) if kid is None and len(self._keys) == 1 else None)
        if key is None:
            raise Unauthenticated("the token is signed with a key that is not known here", error="invalid_token")
        return key

    def _reload(self) -> None:
        """Reads the file of keys if it is another than last time; what was verified by the old keys is forgotten."""
        assert self._file is not None
        try:
            state = self._file.stat()
            if (state.st_mtime_ns, state.st_ino) == self._file_state:
                return
            keys = jwt.PyJWKSet.from_json(self._file.read_text(encoding="utf-8")).keys
        except (OSError, ValueError, jwt.PyJWTError) as error:
            if self._file_state is not None:
                return  # half written: the old keys hold until the file can be read again
            raise ConfigurationError(
                f"RAPPORT_AUTH__JWKS names {self._file}, which holds no JWKS ({type(error).__name__})"
            ) from None
        self._file_state = (state.st_mtime_ns, state.st_ino)
        self._keys = {key.key_id: key for key in keys}
        self._known.clear()


def _claim(claims: Mapping[str, Any], path: str) -> Any:
    """A claim by its name, which may itself have dots, or within others; None where there is none."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


class RequiresScope(HTTPBearer):
    """One dependency in place of a scheme and a check, since each costs a request some 30 microseconds."""

    def __init__(self, scope: str, *, own: bool = False) -> None:
        super().__init__(
            scheme_name="bearer", bearerFormat="JWT", description="A token of the configured issuer.", auto_error=False
        )
        self.scope = scope
        self._own = own

    async def __call__(self, request: Request) -> Principal:  # type: ignore[override]
        authenticator: Authenticator = request.app.state.authenticator
        principal = await authenticator.admit(request.headers.get("authorization", ""), self.scope, own=self._own)
        if request.scope["query_string"]:
            request.app.state.routes.check_query(request.method, request.scope["path"], request.query_params)
        return principal


def requires(scope: str, *, own: bool = False) -> Callable[..., Awaitable[Principal]]:
    """A dependency that answers 401 or 403 unless the caller has the scope; gives the Principal.

    With `own` a caller with `party:own` passes too, whom the route shows what is of `Principal.owns` alone.
    """
    return RequiresScope(scope, own=own)
