"""Signed links of letters: what they say, for whom they are, and until when."""

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import jwt
from jwt.utils import base64url_encode

from shared.errors import Refused

_HEADER = base64url_encode(b'{"alg":"HS256","typ":"JWT"}')
_encode = json.JSONEncoder(separators=(",", ":")).encode


class LinkRefused(Refused):
    """The link was not made here, or was changed."""

    status = 404
    reason = "not_found"


class LinkExpired(Refused):
    """The link was made here, too long ago."""

    status = 410
    reason = "expired"


def sign_claims(claims: Mapping[str, str], secret: str, audience: str, expires_at: datetime) -> str:
    """A token (RFC 7515, HS256) that says these claims to an audience; `sub` is among them.

    Each letter has several, and PyJWT, which reads them, takes twice as long to write one. Raises jwt.InvalidKeyError
    without a secret, as that does.
    """
    if not secret:
        raise jwt.InvalidKeyError("a link without a secret could be made by anybody")
    said = _encode({**claims, "aud": audience, "exp": int(expires_at.timestamp())})
    signed = _HEADER + b"." + base64url_encode(said.encode())
    return (signed + b"." + base64url_encode(hmac.digest(secret.encode(), signed, "sha256"))).decode()


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
