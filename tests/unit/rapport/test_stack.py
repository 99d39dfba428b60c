import json
from pathlib import Path

import pytest

from shared.errors import ConfigurationError
from tools.rapport.stack import find_stack


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment without settings, in a folder without a stack."""
    for name in ("RAPPORT_DATABASE__DSN", "RAPPORT_KAFKA__BROKERS", "RAPPORT_SECRETS_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def make_folder(folder: Path) -> Path:
    folder.mkdir()
    (folder / "ports.json").write_text(json.dumps({"kafka": 9092, "postgres": 5432}))
    (folder / "secrets.json").write_text(json.dumps({"postgres": "x", "support": "a/b", "support_owner": "y"}))
    (folder / "addresses.json").write_text("{}")
    return folder


@pytest.mark.parametrize("named", ["stack", "stack/addresses.json"])
def test_a_folder_knows_ports_and_passwords(tmp_path: Path, named: str) -> None:
    make_folder(tmp_path / "stack")
    stack = find_stack(tmp_path / named)
    assert stack.dsns == {"support": "postgresql://support:a%2Fb@127.0.0.1:5432/support"}
    assert stack.owner_dsn("support") == "postgresql://support_owner:y@127.0.0.1:5432/support"
    assert stack.kafka_options()["bootstrap_servers"] == ["127.0.0.1:9092"]


def test_the_folder_of_make_run_is_the_last_resort(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_folder(tmp_path / ".run")
    assert list(find_stack(None).dsns) == ["support"]
    monkeypatch.setenv("RAPPORT_OPERATOR__CONTACTS", "postgresql://somewhere/contacts")
    assert find_stack(None).dsns == {"contacts": "postgresql://somewhere/contacts"}


def test_inside_a_container_the_services_own_database_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_DATABASE__DSN", "postgresql://support:x@db:5432/support?sslmode=require")
    monkeypatch.setenv("RAPPORT_KAFKA__BROKERS", "kafka:9092")
    stack = find_stack(None)
    assert list(stack.dsns) == ["support"]
    assert stack.only("support") == stack


def test_secrets_may_come_from_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rapport_database__dsn").write_text("postgresql://support:x@db/support\n")
    monkeypatch.setenv("RAPPORT_SECRETS_DIR", str(tmp_path))
    assert find_stack(None).dsns == {"support": "postgresql://support:x@db/support"}


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="--stack FOLDER"):
        find_stack(None)
    with pytest.raises(ConfigurationError, match="holds no stack"):
        find_stack(tmp_path)
    monkeypatch.setenv("RAPPORT_DATABASE__DSN", "postgresql://db/other")
    with pytest.raises(ConfigurationError, match="'other', which is no service's"):
        find_stack(None)
    monkeypatch.setenv("RAPPORT_DATABASE__DSN", "postgresql://db/support")
    with pytest.raises(ConfigurationError, match="the brokers are not known"):
        find_stack(None).kafka_options()
    with pytest.raises(ConfigurationError, match="RAPPORT_OPERATOR__SUPPORT_OWNER"):
        find_stack(None).owner_dsn("support")
    monkeypatch.setenv("RAPPORT_DATABASE__OWNER_DSN", "postgresql://owner@db/support")
    assert find_stack(None).owner_dsn("support") == "postgresql://owner@db/support"
    with pytest.raises(ConfigurationError, match="contacts is not known here, only of support"):
        find_stack(None).only("contacts")


def test_no_error_shows_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_OPERATOR__SUPPORT", "postgresql://support:hidden@db/support")
    monkeypatch.setenv("RAPPORT_KAFKA__BROKERS", "no brokers")
    with pytest.raises(ConfigurationError, match="RAPPORT_KAFKA__BROKERS") as refused:
        find_stack(None)
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize("file", ["ports.json", "secrets.json"])
@pytest.mark.parametrize(
    "text", ["{}", "[]", "null", "", "{", '{"kafka": "a", "postgres": 1}', '{"kafka": 0, "postgres": 1}', "\udcff"]
)
def test_a_folder_whose_files_hold_no_stack_is_told_so(tmp_path: Path, file: str, text: str) -> None:
    folder = make_folder(tmp_path / "stack")
    (folder / file).write_text(text, errors="surrogateescape")
    with pytest.raises(ConfigurationError, match="holds no stack: name the folder"):
        find_stack(folder)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("RAPPORT_OPERATOR__CONTACTZ", "postgresql://db/contacts", "the nearest is RAPPORT_OPERATOR__CONTACTS"),
        ("RAPPORT_OPERATOR_CONTACTS", "postgresql://db/contacts", "the nearest is RAPPORT_OPERATOR__CONTACTS"),
        ("RAPPORT_OPERATOR__CONTACTS", "nonsense", "RAPPORT_OPERATOR__CONTACTS: such an address is postgresql://"),
        ("RAPPORT_OPERATOR__CONTACTS", "postgresql://db:port/contacts", "RAPPORT_OPERATOR__CONTACTS: its host or port"),
        ("RAPPORT_DATABASE__DSN", "nonsense", "RAPPORT_DATABASE__DSN: such an address is postgresql://"),
        ("RAPPORT_KAFKA__BROKER", "kafka:9092", "the nearest is RAPPORT_KAFKA__BROKERS"),
    ],
)
def test_what_is_set_wrongly_is_named(name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=f"^{name}.*") as refused:
        find_stack(None)
    assert said in str(refused.value)


def test_an_owners_address_is_read_where_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_DATABASE__DSN", "postgresql://db/contacts")
    monkeypatch.setenv("RAPPORT_DATABASE__OWNER_DSN", "host=db user=owner password=hidden")
    with pytest.raises(ConfigurationError, match="the owner's address of contacts: such an address is") as refused:
        find_stack(None).owner_dsn("contacts")
    assert "hidden" not in str(refused.value)


async def test_a_database_that_is_away_is_named_by_all_its_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_OPERATOR__CONTACTS", "postgresql://contacts:hidden@127.0.0.1:9,127.0.0.1:10/contacts")
    with pytest.raises(
        ConfigurationError, match=r"contacts at 127\.0\.0\.1:9,127\.0\.0\.1:10 cannot be used"
    ) as refused:
        async with find_stack(None).connect("contacts"):
            pass
    assert "hidden" not in str(refused.value)


def test_a_service_that_does_not_exist_is_named_with_those_that_do(tmp_path: Path) -> None:
    stack = find_stack(make_folder(tmp_path / "stack"))
    with pytest.raises(ConfigurationError, match=r"bogus is no service: take one of contacts, "):
        stack.only("bogus")
    with pytest.raises(ConfigurationError, match="the database of contacts is not known here, only of support"):
        stack.only("contacts")


@pytest.mark.parametrize("dsn", ["postgresql://somewhere/contacts", "postgresql://somewhere/contacts?sslmode=require"])
def test_sessions_say_who_acts(monkeypatch: pytest.MonkeyPatch, dsn: str) -> None:
    monkeypatch.setenv("RAPPORT_OPERATOR__CONTACTS", dsn)
    monkeypatch.setenv("RAPPORT_ACTOR", "ops & co")
    assert find_stack(None).signed_dsn("contacts") in {
        f"{dsn}?rapport.actor=ops%20%26%20co",
        f"{dsn}&rapport.actor=ops%20%26%20co",
    }
