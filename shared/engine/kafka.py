"""How a plain aiokafka client reaches the brokers of the settings."""

import ssl
from typing import Any

from shared.engine.closing import patch_stop
from shared.errors import ConfigurationError
from shared.settings import KafkaSettings


def ssl_context(kafka: KafkaSettings) -> ssl.SSLContext | None:
    """Raises ConfigurationError where the file of certificates cannot be used."""
    if "SSL" not in kafka.security_protocol:
        return None
    try:
        return ssl.create_default_context(cafile=str(kafka.cafile) if kafka.cafile else None)
    except OSError as error:
        raise ConfigurationError(
            f"RAPPORT_KAFKA__CAFILE names {kafka.cafile}, which holds no certificates ({error.strerror})"
        ) from None


def client_id(*parts: str) -> str:
    return ".".join(("rapport", *parts))


def client_options(kafka: KafkaSettings, *client: str) -> dict[str, Any]:
    """Keyword arguments for any aiokafka client, which is named by its service and role, e.g. `contacts`, `relay-0`."""
    patch_stop()
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
