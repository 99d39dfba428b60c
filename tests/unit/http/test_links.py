"""Signed links: who can make them."""

from datetime import UTC, datetime

import jwt
import pytest

from shared.http.links import sign_claims

END = datetime(2026, 12, 1, tzinfo=UTC)


def test_a_token_is_that_of_the_library_that_reads_it() -> None:
    claims = {"sub": "a party", "topic": "nyt om æbler"}
    whole = {**claims, "aud": "x", "exp": int(END.timestamp())}
    token = sign_claims(claims, "a secret of at least 32 characters", "x", END)
    assert token == jwt.encode(whole, "a secret of at least 32 characters", algorithm="HS256")


def test_no_link_is_made_without_a_secret() -> None:
    with pytest.raises(jwt.InvalidKeyError):
        sign_claims({"sub": "a party"}, "", "x", END)
