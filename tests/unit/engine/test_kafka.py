"""How a plain client reaches the brokers of the settings."""

import ssl

from pydantic import SecretStr

from shared.engine.kafka import client_options
from shared.engine.own_topics import Known, open_topics
from shared.settings import KafkaSettings


def test_plain_brokers_need_no_more_than_their_names() -> None:
    options = client_options(KafkaSettings(brokers="a:9092,b:9092"), "contacts", "relay-0")
    assert options == {
        "client_id": "rapport.contacts.relay-0",
        "bootstrap_servers": ["a:9092", "b:9092"],
        "security_protocol": "PLAINTEXT",
        "ssl_context": None,
    }


def test_credentials_and_a_context_go_where_the_protocol_wants_them() -> None:
    kafka = KafkaSettings(
        brokers="a:9093", security_protocol="SASL_SSL", username="contacts", password=SecretStr("secret")
    )
    options = client_options(kafka, "contacts", "relay-0")
    assert isinstance(options["ssl_context"], ssl.SSLContext)
    assert options["ssl_context"].verify_mode is ssl.CERT_REQUIRED
    assert (options["sasl_mechanism"], options["sasl_plain_username"]) == ("SCRAM-SHA-512", "contacts")
    assert options["sasl_plain_password"] == "secret"
    assert "sasl_mechanism" not in client_options(KafkaSettings(brokers="a:9093", security_protocol="SSL"), "command")


async def test_who_publishes_nothing_is_asked_nothing() -> None:
    async with open_topics("/nobody", {"bootstrap_servers": "127.0.0.1:9"}) as topics:
        assert await topics.find_missed(Known({}, {})) == {}
