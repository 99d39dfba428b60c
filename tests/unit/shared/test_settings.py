"""Settings come from the environment and from files of secrets, and errors name the variable."""

from pathlib import Path

import pytest
from pydantic import ValidationError, field_validator

from shared.environment import GROUPS
from shared.errors import ConfigurationError
from shared.run.discovery import ALL, SERVICES, context_of, settings_of
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


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("RAPPORT_ENGIN__PACE_MS", "RAPPORT_ENGINE__PACE_MS"),
        ("RAPPORT_ENGINE_PACE_MS", "RAPPORT_ENGINE__PACE_MS"),
        ("RAPPORT_ENGINE__PACE_M", "RAPPORT_ENGINE__PACE_MS"),
        ("RAPPORT_DB__DSN", "RAPPORT_DATABASE__DSN"),
        ("RAPPORT_LOGGING__LEVEL", "RAPPORT_LOG__LEVEL"),
        ("RAPPORT_CLOCK__MODE", "RAPPORT_CLOCK"),
        ("RAPPORT_HTTP__PORT__NUMBER", "RAPPORT_HTTP__PORT"),
        ("RAPPORT_HTTP_PORT", "RAPPORT_HTTP__PORT"),
        ("RAPPORT_MARKETING__SMTP_ULR", "RAPPORT_MARKETING__SMTP_URL"),
        ("RAPPORT_SECRET_DIR", "RAPPORT_SECRETS_DIR"),
        ("RAPPORT_SUPPORT_IMAP_URL", "RAPPORT_SUPPORT__IMAP_URL"),
        ("rapport_engin__pace_ms", "RAPPORT_ENGINE__PACE_MS"),
    ],
)
def test_a_misspelt_name_is_refused_with_the_nearest_right_one(
    name: str, nearest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "8102")
    with pytest.raises(ConfigurationError, match=f"{name.upper()} is no setting: .*{nearest}( |$)"):
        Settings()


def test_a_misspelt_file_of_a_secret_is_refused_and_what_else_lies_there_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPPORT_SECRETS_DIR", str(tmp_path))
    (tmp_path / "ca.p12").write_bytes(b"\xff\xfe")
    assert Settings().http.port == 0
    (tmp_path / "rapport_databse__dsn").write_text("hunter2")
    with pytest.raises(ConfigurationError, match=r"RAPPORT_DATABSE__DSN is no setting: .* RAPPORT_DATABASE__DSN"):
        Settings()


def test_what_others_put_beside_the_settings_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """By other processes of Rapport, the operators' command, and Kubernetes, for Services that are called so too."""
    for name, value in {
        "RAPPORT_CONTACTS__MERGE": "false",
        "RAPPORT_LOGIN__KEYS": "anything",
        "RAPPORT_OPERATOR__CONTACTS": "postgresql://somewhere/contacts",
        "RAPPORT_TOKEN": "anything",
        "RAPPORT_AUTH__SCOPES__AGENTS": '["crm:read"]',
        "RAPPORT_CONTACTS_SERVICE_HOST": "10.0.0.1",
        "RAPPORT_CONTACTS_SERVICE_PORT": "8101",
        "RAPPORT_CONTACTS_SERVICE_PORT_HTTP": "8101",
        "RAPPORT_CONTACTS_PORT": "tcp://10.0.0.1:8101",
        "RAPPORT_CONTACTS_PORT_8101_TCP": "tcp://10.0.0.1:8101",
        "RAPPORT_CONTACTS_PORT_8101_TCP_PROTO": "tcp",
        "RAPPORT_CONTACTS_PORT_8101_TCP_PORT": "8101",
        "RAPPORT_CONTACTS_PORT_8101_TCP_ADDR": "10.0.0.1",
        "RAPPORT_HTTP_PORT": "tcp://10.0.0.1:8101",
        "RAPPORT_SERVICE_HOST": "10.0.0.1",
        "RAPPORT_PORT": "udp://[fd00::1]:53",
        "RAPPORTS": "of somebody else",
    }.items():
        monkeypatch.setenv(name, value)
    assert Settings().auth.scopes == {"agents": frozenset({"crm:read"})}


def test_the_groups_that_others_have_are_those_of_the_services_and_of_the_operators_command() -> None:
    """By the name of a service also where it has no settings of its own yet."""
    own = {name.upper() for service in ALL for name in (service, *settings_of(service).model_fields)}
    assert own - {name.upper() for name in ServiceSettings.model_fields} == GROUPS - {"OPERATOR"}


@pytest.mark.parametrize("name", ["RAPPORT_ENGINE", "RAPPORT_AUTH__SCOPES", "RAPPORT_LOG"])
@pytest.mark.parametrize("value", ["", "{hunter2", "[", "hunter2"])
def test_what_is_no_json_is_named_by_its_variable(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=f"^{name}( holds no JSON that can be read$|: Input should be)"):
        Settings()


def test_a_file_that_is_no_json_is_named_where_the_environment_has_another_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPPORT_SECRETS_DIR", str(tmp_path))
    monkeypatch.setenv("RAPPORT_ENGINE", "{}")
    (tmp_path / "rapport_engine").write_text("{hunter2")
    with pytest.raises(ConfigurationError, match=r"^RAPPORT_ENGINE holds no JSON that can be read$"):
        Settings()


@pytest.mark.parametrize(
    "dsn",
    [
        "",
        "nonsense",
        "http://host/contacts",
        "host=db password=hunter2",
        "postgresql://contacts:hunter2@db:port/contacts",
        "postgresql://contacts:hunter2@db:99999/contacts",
        "postgresql://contacts:hunter@2@db/contacts",
        "postgresql://contacts:hunter2@db,,other/contacts",
        "postgresql://contacts:hunter2@[::1/contacts",
        "postgresql://contacts:hunter2@db/contacts?sslmode=perhaps",
        "postgresql://contacts:hunter2@db/contacts?sslmode",
        "postgresql://contacts:hunter2@/contacts?host=db&port=many",
        "postgresql://contacts:hunter2\udcff@db/contacts",
    ],
)
def test_an_address_that_is_none_is_refused_and_not_waited_for(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_DATABASE__DSN", dsn)
    with pytest.raises(ConfigurationError, match=r"^RAPPORT_DATABASE__DSN: ") as refused:
        Settings()
    assert "hunter" not in str(refused.value)


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://",
        "postgres:///contacts",
        "postgresql://contacts@/contacts?host=/var/run/postgresql&port=5433",
        "postgresql://contacts:hunter%402@one:5432,two,[::1]:5433/contacts?target_session_attrs=read-write",
        "postgresql://contacts@%2Fvar%2Frun/contacts?sslmode=verify-full",
    ],
)
def test_an_address_that_the_client_can_read_is_taken(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_DATABASE__DSN", dsn)
    assert Settings().database.dsn.get_secret_value() == dsn


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


@pytest.mark.parametrize("unreadable", ["no text", "a folder's link to nothing", "not allowed"])
def test_a_secret_that_cannot_be_read_is_named(
    unreadable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAPPORT_SECRETS_DIR", str(tmp_path))
    file = tmp_path / "rapport_database__dsn"
    if unreadable == "a folder's link to nothing":
        monkeypatch.delenv("RAPPORT_DATABASE__DSN")
        file.symlink_to(tmp_path / "gone")
        with pytest.raises(ConfigurationError, match="RAPPORT_DATABASE__DSN is not set"):
            Settings()
        return
    file.write_bytes(b"postgresql://\xff")
    if unreadable == "not allowed":
        file.chmod(0)
    with pytest.raises(ConfigurationError, match=f"the secret {file} (is no text in UTF-8|cannot be read)"):
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
@pytest.mark.slow
def test_the_context_of_a_services_handlers_needs_its_own_settings_alone(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in COMPLETE:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RAPPORT_CONTACTS__DEFAULT_REGION", "SE")
    context = context_of(service)
    assert (service == "contacts") == (getattr(context, "default_region", None) == "SE")
