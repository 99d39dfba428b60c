"""Settings come from the environment and from files of secrets, and errors name the variable."""

from pathlib import Path

import pytest
from pydantic import ValidationError, field_validator

from shared.errors import ConfigurationError
from shared.run.discovery import SERVICES, context_of
from shared.settings import Group, ServiceSettings, read_group

COMPLETE = {
    "RAPPORT_KAFKA__BROKERS": "one:9092,two:9092",
    "RAPPORT_DATABASE__DSN": "postgresql://contacts:s3cret@host/contacts",
    "RAPPORT_AUTH__MODE": "off",
}


class Mail(Group):
    smtp_url: str | None = None
    batch: int = 10

    @field_validator("smtp_url")
    @classmethod
    def _known(cls, url: str) -> str:
        if not url.startswith("smtp://"):
            raise ValueError("such an address is smtp://host:port")
        return url


class Settings(ServiceSettings):
    marketing: Mail = Mail()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)


def test_groups_are_read_from_nested_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_HTTP__PORT", "8102")
    monkeypatch.setenv("RAPPORT_MARKETING__SMTP_URL", "smtp://mail:25")
    monkeypatch.setenv("RAPPORT_CLOCK", "stream")
    settings = Settings()
    assert settings.kafka.bootstrap == ["one:9092", "two:9092"]
    assert (settings.http.host, settings.http.port) == ("127.0.0.1", 8102)
    assert (settings.marketing.smtp_url, settings.marketing.batch) == ("smtp://mail:25", 10)
    assert settings.clock == "stream"


@pytest.mark.parametrize(
    ("unset", "named"),
    [
        ("RAPPORT_KAFKA__BROKERS", "RAPPORT_KAFKA__BROKERS is not set"),
        ("RAPPORT_DATABASE__DSN", "RAPPORT_DATABASE__DSN is not set"),
        ("RAPPORT_AUTH__MODE", "RAPPORT_AUTH__ISSUER, RAPPORT_AUTH__AUDIENCE, RAPPORT_AUTH__JWKS not set"),
    ],
)
def test_what_is_missing_is_named(unset: str, named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(unset)
    with pytest.raises(ConfigurationError, match=named):
        Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("RAPPORT_KAFKA__BROKERS", "hunter2"),
        ("RAPPORT_KAFKA__SESSION_TIMEOUT_MS", "hunter2"),
        ("RAPPORT_KAFKA__SECURITY_PROTOCOL", "hunter2"),
        ("RAPPORT_KAFKA__PASSWRD", "hunter2"),
        ("RAPPORT_LOG", "hunter2"),
        ("RAPPORT_MARKETING__SMTP_URL", "hunter2"),
        ("RAPPORT_CLOCK", "hunter2"),
    ],
)
def test_an_error_names_the_variable_and_not_its_value(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as refused:
        Settings()
    assert name.removeprefix("RAPPORT_").split("__")[0].lower() in str(refused.value).lower()
    assert value not in str(refused.value)
    assert refused.value.__cause__ is None


def test_secrets_come_from_files_and_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rapport_database__dsn").write_text("postgresql://from-a-file\n")
    (tmp_path / "RAPPORT_MARKETING__SMTP_URL").write_text("smtp://from-a-file")
    (tmp_path / "..data").mkdir()
    monkeypatch.setenv("RAPPORT_SECRETS_DIR", str(tmp_path))
    monkeypatch.delenv("RAPPORT_DATABASE__DSN")
    monkeypatch.setenv("RAPPORT_MARKETING__SMTP_URL", "smtp://from-the-environment")
    settings = Settings()
    assert settings.database.dsn.get_secret_value() == "postgresql://from-a-file"
    assert settings.marketing.smtp_url == "smtp://from-the-environment"


def test_a_folder_of_secrets_has_to_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_SECRETS_DIR", "/nowhere")
    with pytest.raises(ConfigurationError, match="RAPPORT_SECRETS_DIR names /nowhere"):
        Settings()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7"])
def test_without_tokens_only_on_loopback(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_HTTP__HOST", host)
    with pytest.raises(ConfigurationError, match=r"RAPPORT_HTTP__HOST=127\.0\.0\.1"):
        Settings()


def test_sasl_needs_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_KAFKA__SECURITY_PROTOCOL", "SASL_SSL")
    with pytest.raises(ConfigurationError, match="RAPPORT_KAFKA__PASSWORD"):
        Settings()
    monkeypatch.setenv("RAPPORT_KAFKA__USERNAME", "contacts")
    monkeypatch.setenv("RAPPORT_KAFKA__PASSWORD", "s3cret")
    kafka = Settings().kafka
    assert kafka.password is not None
    assert kafka.password.get_secret_value() == "s3cret"


def test_settings_cannot_change_and_show_no_secret() -> None:
    settings = Settings()
    assert "s3cret" not in repr(settings)
    with pytest.raises(ValidationError, match="frozen"):
        settings.clock = "stream"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        settings.http.port = 1  # type: ignore[misc]


def test_one_group_is_read_where_the_others_are_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in COMPLETE:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RAPPORT_MARKETING__BATCH", "3")
    monkeypatch.setenv("RAPPORT_MARKETING__SMTP_URL", "smtp://mail:25")
    assert read_group(Settings, "marketing") == Mail(batch=3, smtp_url="smtp://mail:25")
    monkeypatch.setenv("RAPPORT_MARKETING__BATCH", "hunter2")
    with pytest.raises(ConfigurationError, match="RAPPORT_MARKETING__BATCH") as refused:
        read_group(Settings, "marketing")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("service", SERVICES)
def test_the_context_of_a_services_handlers_needs_its_own_settings_alone(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in COMPLETE:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RAPPORT_CONTACTS__DEFAULT_REGION", "SE")
    context = context_of(service)
    assert (service == "contacts") == (getattr(context, "default_region", None) == "SE")
