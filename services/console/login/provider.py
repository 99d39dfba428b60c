"""The issuer, by OpenID Connect: what it offers, and tokens for codes and for refresh tokens."""

import asyncio
import hmac
from dataclasses import dataclass
from time import monotonic, time
from typing import Any

import httpx
import jwt
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from services.console.login.domain import Attempt, Session
from services.console.settings import LoginSettings
from shared.errors import Refused
from shared.http.auth import ALGORITHMS

_METADATA_S = 3_600
_TIMEOUT_S = 10


class IssuerAway(Refused):
    """The issuer does not answer, or not as it has to."""

    status = 503
    reason = "issuer_unavailable"


class LoginRefused(Refused):
    """The issuer, or a check of what it said, refuses this login."""

    status = 403
    reason = "login_refused"


@dataclass(frozen=True, slots=True)
class Tokens:
    """As the issuer gave them; `refresh_token` and `id_token` where it gave any."""

    access_token: str
    expires_in: float
    refresh_token: str | None
    id_token: str | None


class Provider:
    """Reads what the issuer offers once an hour, when somebody signs in."""

    def __init__(self, issuer: str, settings: LoginSettings) -> None:
        self._issuer = issuer
        self._settings = settings
        self._metadata: dict[str, Any] = {}
        self._read_at = 0.0
        self._keys: jwt.PyJWKClient | None = None
        self.redirect_uri = f"{settings.url}/login/callback"

    async def begin(self, attempt: Attempt) -> str:
        """Where the browser is sent to sign in."""
        asked = {
            "scope": self._settings.scope,
            "nonce": attempt.nonce,
            "code_verifier": attempt.verifier,
            **self._resource(),
        }
        async with self._client() as client:
            url, _ = client.create_authorization_url(
                await self._endpoint("authorization_endpoint"),
                state=attempt.state,
                **{**asked, **self._settings.parameters},
            )
        return str(url)

    async def redeem(self, code: str, attempt: Attempt) -> Tokens:
        """The tokens for a code, once the identity is checked. Raises LoginRefused, IssuerAway."""
        tokens = await self._ask("authorization_code", code=code, code_verifier=attempt.verifier)
        if tokens.id_token is None:
            raise LoginRefused("the issuer said nothing of who signed in")
        claims = await self._verified(tokens.id_token)
        if not hmac.compare_digest(str(claims.get("nonce", "")), attempt.nonce):
            raise LoginRefused("the answer belongs to another login")
        return tokens

    async def refresh(self, session: Session) -> Session:
        """The session with newer tokens. Raises LoginRefused where the issuer ended it, IssuerAway."""
        tokens = await self._ask("refresh_token", refresh_token=session.refresh_token)
        return Session(
            tokens.access_token,
            time() + tokens.expires_in,
            session.ends_at,
            tokens.refresh_token or session.refresh_token,
        )

    async def end(self, session: Session) -> str | None:
        """Takes the refresh token back; gives the page of the issuer that signs out there too, if it has one.

        Its address names no token, since it stands in a page of ours: the issuer asks whether that is meant.
        """
        metadata = await self._read_metadata()
        if session.refresh_token and (endpoint := metadata.get("revocation_endpoint")):
            async with self._client() as client:
                try:
                    await client.revoke_token(endpoint, session.refresh_token, "refresh_token")
                except (OAuthError, httpx.HTTPError) as error:
                    raise IssuerAway(f"the issuer did not end the session: {type(error).__name__}") from error
        if not (endpoint := metadata.get("end_session_endpoint")):
            return None
        about = {"client_id": self._settings.client_id, "post_logout_redirect_uri": f"{self._settings.url}/login/bye"}
        return str(httpx.URL(endpoint, params=about))

    def answers_for(self, issuer: str | None) -> bool:
        """Whether an answer that names its issuer (RFC 9207) is of this one."""
        return issuer is None or issuer == self._issuer

    async def _ask(self, grant: str, **given: Any) -> Tokens:
        endpoint = await self._endpoint("token_endpoint")
        async with self._client() as client:
            try:
                found = await client.fetch_token(endpoint, grant_type=grant, **given, **self._resource())
            except OAuthError as error:
                raise LoginRefused(f"the issuer refuses: {error.error}") from None
            except (httpx.HTTPError, ValueError) as error:
                raise IssuerAway(f"the issuer does not answer: {type(error).__name__}") from error
        if not isinstance(found.get("access_token"), str):
            raise LoginRefused("the issuer gave no token")
        return Tokens(
            found["access_token"], float(found.get("expires_in", 60)), found.get("refresh_token"), found.get("id_token")
        )

    async def _verified(self, id_token: str) -> dict[str, Any]:
        if self._keys is None:
            self._keys = jwt.PyJWKClient(await self._endpoint("jwks_uri"), lifespan=300, timeout=5)
        try:
            key = await asyncio.to_thread(self._keys.get_signing_key_from_jwt, id_token)
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key,
                algorithms=[key.algorithm_name] if key.algorithm_name in ALGORITHMS else [],
                issuer=self._issuer,
                audience=self._settings.client_id,
                leeway=10,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.PyJWKClientConnectionError:
            raise IssuerAway("the issuer's keys cannot be fetched now") from None
        except jwt.PyJWTError as error:
            raise LoginRefused(f"the identity is not sound: {type(error).__name__}") from None
        if claims.get("azp", self._settings.client_id) != self._settings.client_id:
            raise LoginRefused("the identity was made for another client")
        return claims

    async def _endpoint(self, name: str) -> str:
        endpoint = (await self._read_metadata()).get(name)
        if not isinstance(endpoint, str):
            raise IssuerAway(f"the issuer names no {name}")
        return endpoint

    async def _read_metadata(self) -> dict[str, Any]:
        if not self._metadata or monotonic() - self._read_at > _METADATA_S:
            url = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
            try:
                async with httpx.AsyncClient(timeout=_TIMEOUT_S) as client:
                    found = (await client.get(url)).raise_for_status().json()
            except (httpx.HTTPError, ValueError) as error:
                raise IssuerAway(f"the issuer does not answer: {type(error).__name__}") from error
            if not isinstance(found, dict) or found.get("issuer") != self._issuer:
                raise IssuerAway("the issuer calls itself otherwise than RAPPORT_AUTH__ISSUER")
            self._metadata, self._read_at = found, monotonic()
        return self._metadata

    def _resource(self) -> dict[str, str]:
        return {"resource": self._settings.resource} if self._settings.resource else {}

    def _client(self) -> AsyncOAuth2Client:
        secret = self._settings.client_secret
        return AsyncOAuth2Client(
            client_id=self._settings.client_id,
            client_secret=secret.get_secret_value() if secret else None,
            token_endpoint_auth_method="client_secret_basic" if secret else "none",
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
            timeout=_TIMEOUT_S,
        )
