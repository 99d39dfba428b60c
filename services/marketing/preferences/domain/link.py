"""The signed link by which a reader chooses what they get."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from shared.http.links import read_claims, sign_claims

_AUDIENCE = "preferences"


@dataclass(frozen=True, slots=True)
class PreferenceLink:
    """Whoever has it sees, and changes, what this party wants to get. It came with this message."""

    message_id: UUID
    party_id: UUID
    expires_at: datetime


def url_of(link: PreferenceLink, public_url: str, secret: str) -> str:
    claims = {"sub": str(link.message_id), "party": str(link.party_id)}
    token = sign_claims(claims, secret, _AUDIENCE, link.expires_at)
    return f"{public_url.rstrip('/')}/v1/preferences/{token}"


def read_preference_link(token: str, secret: str, now: datetime) -> PreferenceLink:
    """What a token says. Raises LinkRefused and LinkExpired."""
    claims = read_claims(token, secret, _AUDIENCE, ("party",), now)
    return PreferenceLink(UUID(claims["sub"]), UUID(claims["party"]), datetime.fromtimestamp(claims["exp"], UTC))
