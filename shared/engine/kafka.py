"""How a plain aiokafka client reaches the brokers of the settings."""

import ssl
from typing import Any

from shared.settings import KafkaSettings


def ssl_context(kafka: KafkaSettings) -> ssl.SSLContext | None:
    if "SSL" not in kafka.security_protocol:
        return None
    return ssl.create_default_context(cafile=str(kafka.cafile) if kafka.cafile else None)


def client_id(*parts: str) -> str:
    return ".".join(("rapport", *parts))


def client_options(kafka: KafkaSettings, *client: str) -> dict[str, Any]:
    """Keyword arguments for any aiokafka client, which is named by its service and role, e.g. `contacts`, `relay-0`."""
    options: dict[str, Any] = {
        "client_id": client_id(*client),
        "bootstrap_servers": kafka.bootstrap,
        "security_protocol": kafka.security_protocol,
        "ssl_context": ssl_context(kafka),
    }
    if kafka.security_protocol.startswith("SASL"):
        options |= {
            "sasl_mechanism": kafka.sasl_mechanism,
            "sasl_plain_username": kafka.username,
            "sasl_plain_password": kafka.password.get_secret_value() if kafka.password else None,
        }
    return options
