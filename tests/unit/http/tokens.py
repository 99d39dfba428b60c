"""Keys of an issuer that exists in tests only, and tokens that it signs."""

import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

ISSUER, AUDIENCE = "https://issuer.example", "rapport"
PRIVATE: dict[str, Any] = {
    "RS256": rsa.generate_private_key(public_exponent=65_537, key_size=2_048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}
STRANGER = ec.generate_private_key(ec.SECP256R1())


def jwks(*algorithms: str) -> str:
    keys = []
    for name in algorithms:
        public = jwt.get_algorithm_by_name(name).to_jwk(PRIVATE[name].public_key(), as_dict=True)
        keys.append({**public, "kid": name, "alg": name, "use": "sig"})
    return json.dumps({"keys": keys})


def token(algorithm: str = "ES256", *, key: Any = None, kid: str | None = None, **changes: object) -> str:
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "staff-12", "exp": time.time() + 60, "scope": "crm:read crm:write"}
    claims = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return jwt.encode(claims, key or PRIVATE.get(algorithm, ""), algorithm, headers={"kid": kid or algorithm})
