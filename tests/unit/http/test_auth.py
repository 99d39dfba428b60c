"""Tokens are trusted only if one of the issuer's keys signed them, for us, and not too long ago."""

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from shared.errors import ConfigurationError
from shared.http.auth import Authenticator, KeysUnavailable, Principal, Unauthenticated
from shared.settings import AuthSettings
from tests.unit.http.tokens import AUDIENCE, ISSUER, PRIVATE, STRANGER, jwks, token


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    file = tmp_path / "jwks.json"
    file.write_text(jwks("RS256", "ES256", "EdDSA"))
    return file


@pytest.fixture
def authenticator(keys: Path) -> Authenticator:
    return Authenticator(AuthSettings(issuer=ISSUER, audience=AUDIENCE, jwks=str(keys)))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
async def test_a_sound_token_says_who_asks_and_what_for(algorithm: str, authenticator: Authenticator) -> None:
    sound = token(algorithm)
    for _ in range(2):  # the second time from memory
        principal = await authenticator.principal(sound)
        assert principal.subject == "staff-12"
        assert principal.scopes == {"crm:read", "crm:write"}


@pytest.mark.parametrize(
    "claims",
    [{"scope": None, "scp": "crm:read party:own"}, {"scope": None, "scp": ["crm:read", "party:own"]}],
    ids=["text", "list"],
)
async def test_scopes_may_come_as_scp(claims: dict[str, Any], authenticator: Authenticator) -> None:
    principal = await authenticator.principal(token(**claims, party_id="p-1"))
    assert principal.scopes == {"crm:read", "party:own"}
    assert principal.party_id == "p-1"


AGENTS: dict[str, Any] = {"agents": {"crm:read", "crm:write"}, "lead": {"crm:admin"}, "guest": {"party:own"}}


@pytest.mark.parametrize(
    ("settings", "claims", "scopes"),
    [
        pytest.param({"scopes_claim": "roles"}, {"roles": ["crm:read"]}, {"crm:read"}, id="another claim"),
        pytest.param(
            {"scopes_claim": "realm_access.roles", "scopes": AGENTS},
            {"realm_access": {"roles": ["agents", "lead", "crm:erase"]}},
            {"crm:read", "crm:write", "crm:admin"},
            id="names within a claim; what is not named opens nothing",
        ),
        pytest.param(
            {"scopes_claim": "https://crm.example/roles", "scopes": AGENTS},
            {"https://crm.example/roles": "agents guest"},
            {"crm:read", "crm:write", "party:own"},
            id="a claim whose name has dots",
        ),
        pytest.param({"scopes": AGENTS}, {"scope": "lead"}, {"crm:admin"}, id="names in scope"),
        pytest.param({"scopes_claim": "roles.deep"}, {"roles": ["agents"]}, set(), id="no such claim"),
        pytest.param({"scopes_claim": "roles"}, {"roles": 7}, set(), id="a claim of another kind"),
    ],
)
async def test_claims_are_mapped_to_scopes(
    settings: dict[str, Any], claims: dict[str, Any], scopes: set[str], keys: Path
) -> None:
    authenticator = Authenticator(AuthSettings(issuer=ISSUER, audience=AUDIENCE, jwks=str(keys), **settings))
    assert (await authenticator.principal(token(**claims))).scopes == scopes


async def test_the_party_of_a_token_may_come_in_another_claim(keys: Path) -> None:
    settings = AuthSettings(issuer=ISSUER, audience=AUDIENCE, jwks=str(keys), party_claim="crm.party")
    principal = await Authenticator(settings).principal(token(crm={"party": "p-1"}, scope="party:own"))
    assert principal.party_id == "p-1"


def _public_number() -> bytes:
    number: int = PRIVATE["RS256"].public_key().public_numbers().n
    return number.to_bytes(256)


FORGED: dict[str, Callable[[], str | None]] = {
    "missing": lambda: None,
    "garbage": lambda: "no.token.atall",
    "expired": lambda: token(exp=time.time() - 60),
    "without expiry": lambda: token(exp=None),
    "without subject": lambda: token(sub=None),
    "other audience": lambda: token(aud="another"),
    "no audience": lambda: token(aud=None),
    "other issuer": lambda: token(iss="https://evil.example"),
    "not yet": lambda: token(nbf=time.time() + 600),
    "other key": lambda: token(key=STRANGER),
    "unknown key": lambda: token(kid="unknown"),
    "key of another": lambda: token("ES256", kid="RS256"),
    "public key as secret": lambda: token("HS256", key=_public_number(), kid="RS256"),
    "no algorithm": lambda: token("none", kid="RS256"),
    "other signature": lambda: token()[:-4] + "AAAA",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
async def test_a_token_that_is_not_sound_is_refused(
    forge: Callable[[], str | None], authenticator: Authenticator
) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await authenticator.principal(forge())
    assert refused.value.status == 401
    assert refused.value.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_remembered_token_expires(authenticator: Authenticator) -> None:
    principal = await authenticator.principal(token())
    expired = token(exp=time.time() - 60)
    authenticator._known[expired] = principal, time.time() - 60
    with pytest.raises(Unauthenticated, match="expired"):
        await authenticator.principal(expired)


async def test_what_is_remembered_stays_small(authenticator: Authenticator) -> None:
    authenticator._known.update({str(number): (Principal("x", frozenset()), 0.0) for number in range(1_000)})
    await authenticator.principal(token())
    assert len(authenticator._known) == 1


async def test_a_new_file_of_keys_counts_at_once(keys: Path, authenticator: Authenticator) -> None:
    await authenticator.principal(token("ES256"))
    keys.write_text(jwks("RS256"))
    with pytest.raises(Unauthenticated):
        await authenticator.principal(token("ES256"))
    assert (await authenticator.principal(token("RS256"))).subject == "staff-12"


async def test_a_broken_file_of_keys_leaves_the_old_ones(keys: Path, authenticator: Authenticator) -> None:
    for content in ('{"keys": [', '{"keys": []}'):
        keys.write_text(content)
        assert (await authenticator.principal(token())).subject == "staff-12"
    keys.unlink()
    assert (await authenticator.principal(token())).subject == "staff-12"


def test_without_keys_a_service_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="RAPPORT_AUTH__JWKS names"):
        Authenticator(AuthSettings(issuer=ISSUER, audience=AUDIENCE, jwks=str(tmp_path / "missing.json")))


async def test_mode_off_lets_everybody_do_everything() -> None:
    principal = await Authenticator(AuthSettings(mode="off")).principal(None)
    assert {"crm:read", "crm:write", "crm:admin", "crm:erase"} <= principal.scopes


@pytest.fixture
def issuer() -> Iterator[str]:
    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(jwks("ES256").encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Keys) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/jwks"
        server.shutdown()
        thread.join()


@pytest.mark.slow
async def test_keys_may_come_from_a_url(issuer: str) -> None:
    authenticator = Authenticator(AuthSettings(issuer=ISSUER, audience=AUDIENCE, jwks=issuer))
    assert (await authenticator.principal(token())).subject == "staff-12"
    with pytest.raises(Unauthenticated):
        await authenticator.principal(token("RS256"))


async def test_an_issuer_that_is_away_is_no_fault_of_the_token() -> None:
    authenticator = Authenticator(AuthSettings(issuer=ISSUER, audience=AUDIENCE, jwks="http://127.0.0.1:9/jwks"))
    with pytest.raises(KeysUnavailable) as refused:
        await authenticator.principal(token())
    assert refused.value.status == 503
