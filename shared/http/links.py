"""Signed links of letters: what they say, for whom they are, and until when."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import jwt

from shared.errors import Refused


class LinkRefused(Refused):
    """The link was not made here, or was changed."""

    status = 404
    reason = "not_found"


class LinkExpired(Refused):
    """The link was made here, too long ago."""

    status = 410
    reason = "expired"


def sign_claims(claims: Mapping[str, str], secret: str, audience: str, expires_at: datetime) -> str:
    """A token that says these claims to an audience; `sub` is among them."""
    return jwt.encode({**claims, "aud": audience, "exp": int(expires_at.timestamp())}, secret, algorithm="HS256")


def read_claims(token: str, secret: str, audience: str, names: Sequence[str], now: datetime) -> dict[str, Any]:
    """What was signed for an audience, with these names. Raises LinkRefused and LinkExpired; `now` is domain time, by
    which links are made too.
    """
    try:
        if not secret:
            raise LinkRefused("no link is made here")
        claims: dict[str, Any] = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            audience=audience,
            options={"require": ["aud", "sub", "exp", *names], "verify_exp": False},
        )
    except jwt.PyJWTError:
        raise LinkRefused("this link was not made here, or is not whole") from None
    if now >= datetime.fromtimestamp(claims["exp"], UTC):
        raise LinkExpired("this link is too old; the newest letter has another one")
    return claims
