"""How a provider shows that a report is its own. Keys come of the settings: none is fetched."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509 import load_pem_x509_certificate

_SNS_FIELDS = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}


def is_basic(headers: Mapping[str, str], secret: str) -> bool:
    """`secret` is `user:password`."""
    expected = "Basic " + base64.b64encode(secret.encode()).decode()
    return bool(secret) and hmac.compare_digest(headers.get("authorization", "").encode(), expected.encode())


def is_ecdsa(headers: Mapping[str, str], body: bytes, key: str) -> bool:
    """`key` is the provider's public key, DER in base64."""
    given = headers.get("x-twilio-email-event-webhook-signature", "")
    at = headers.get("x-twilio-email-event-webhook-timestamp", "")
    try:
        public = load_der_public_key(base64.b64decode(key))
        if not isinstance(public, ec.EllipticCurvePublicKey):
            return False
        public.verify(base64.b64decode(given, validate=True), at.encode() + body, ec.ECDSA(SHA256()))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, binascii.Error):
        return False
    return True


def is_sns(envelope: Mapping[str, Any], certificate: str, topic: str) -> bool:
    """Signature version 2 alone: the first is by SHA-1. `certificate` is Amazon's, in PEM."""
    fields = _SNS_FIELDS.get(str(envelope.get("Type")))
    if fields is None or envelope.get("SignatureVersion") != "2" or envelope.get("TopicArn") != topic:
        return False
    signed = "".join(f"{name}\n{envelope[name]}\n" for name in fields if envelope.get(name) is not None)
    try:
        public = load_pem_x509_certificate(certificate.encode()).public_key()
        if not isinstance(public, rsa.RSAPublicKey):
            return False
        public.verify(
            base64.b64decode(str(envelope.get("Signature")), validate=True),
            signed.encode(),
            padding.PKCS1v15(),
            SHA256(),
        )
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, binascii.Error):
        return False
    return True
