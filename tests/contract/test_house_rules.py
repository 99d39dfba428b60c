"""Rules of the house that no linter knows."""

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from shared.engine.partitions import PARTITIONS
from shared.events.topics import COMPACTED, OUTSIDE, OWNERS
from shared.run.discovery import FRONTS, SERVICES
from shared.telemetry import metrics
from tests.conftest import LONGEST, WHOLE

ROOT = Path(__file__).parents[2]
MOST_LINES, MOST_LINES_OF_A_SERVICE, MOST_LINES_OF_A_FUNCTION = 400, 300, 40


def tracked(*patterns: str) -> list[Path]:
    """Files of the repository; the test goes on where this is a copy without git, over all files but hidden ones."""
    listed = subprocess.run(["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, check=False)  # noqa: S607  git is on the path
    if listed.returncode == 0 and listed.stdout:
        return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]
    found = {path for pattern in patterns or ("*",) for path in ROOT.rglob(pattern.rpartition("/")[2])}
    hidden = [path for path in found if any(part.startswith(".") for part in path.relative_to(ROOT).parts)]
    return sorted(path for path in found - set(hidden) if path.is_file())


def python(*folders: str) -> list[Path]:
    return [path for path in tracked("*.py") if path.relative_to(ROOT).parts[0] in folders]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call of a method or function, by the name after the last dot."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            yield node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id, node


def where(path: Path, node: ast.expr) -> str:
    return f"{path.relative_to(ROOT)}:{node.lineno}"


def test_records_come_in_at_one_place_and_are_never_acknowledged_by_a_policy() -> None:
    made = [
        (str(path.relative_to(ROOT)), {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords})
        for path in python("services", "shared", "deploy", "demo")
        for name, call in calls(path)
        if name == "subscriber"
    ]
    assert [(path, keywords.get("ack_policy")) for path, keywords in made] == [
        ("shared/engine/subscriber.py", "AckPolicy.MANUAL")
    ]


STATEMENT = re.compile(
    r"\s*(select\s|insert\s+into\s|update\s+\S+\s+set\s|delete\s+from\s|truncate\s|with\s+\w+\s+as\s*\(|lock\s+table\s"
    r"|(create|alter|drop)\s+(table|schema|index|view|role|database|or)\b|set\s+local\s|notify\s|listen\s)"
)
ALIVE = "select 1"
"""Reads nothing: it asks whether the connection, and the lock that it holds, are still there."""
# What cannot stand in a file of statements, and why.
SQL_IN_PYTHON = {
    "shared/engine/archive.py": "reads the tables that tables.yaml names, by cursors, which take no parameters",
    "shared/engine/postgres.py": "appends rows to any table of a service, as COPY does: names take no parameters",
    "shared/engine/rebuild.py": "DDL over names of the catalogue takes no parameters",
    "shared/run/migrate.py": "speaks through yoyo, with its parameters",
}


def _texts(path: Path) -> Iterator[ast.Constant]:
    """Texts that are no docstrings, the parts of f-strings among them."""
    module = tree(path)
    words = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in words:
            yield node


def test_statements_stand_in_sql_files() -> None:
    found = {
        str(path.relative_to(ROOT))
        for path in python("services", "shared")
        for text in _texts(path)
        if STATEMENT.match(str(text.value)) and text.value != ALIVE
    }
    assert found == set(SQL_IN_PYTHON), "a statement in Python, or an allowance that is no longer needed"


def test_services_run_named_statements_only() -> None:
    """Never a text that was put together."""
    built = [
        where(path, call)
        for path in python("services")
        for name, call in calls(path)
        if name in {"fetch", "fetchrow", "fetchval", "execute", "executemany"}
        and call.args
        and isinstance(call.args[0], ast.JoinedStr | ast.BinOp | ast.Constant)
        and ast.unparse(call.args[0]) != repr(ALIVE)
    ]
    assert built == []


def test_routes_write_in_transactions_that_are_begun_again() -> None:
    """By `write` or `Once`; a route that opens one itself does so to read, and is named here."""
    opening = [
        path.parent.relative_to(ROOT / "services").as_posix()
        for path in python("services")
        if path.name == "api.py" and "service.transaction()" in path.read_text("utf-8")
    ]
    assert set(opening) <= {"forecasting/totals", "marketing/audit"}


def test_no_module_is_called_after_nothing() -> None:
    vague = {"util", "utils", "helper", "helpers", "base", "manager", "managers", "misc", "common", "kit"}
    assert [path for path in tracked("*.py") if {path.stem, path.parent.name} & vague] == []


def test_files_are_short() -> None:
    texts = {path: path.read_text("utf-8").count("\n") for path in tracked("*.py", "*.sql", "*.sh")}
    assert {str(path): lines for path, lines in texts.items() if lines > MOST_LINES} == {}


def test_files_and_functions_of_services_are_shorter_still() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in python("services", "shared")
        if (lines := path.read_text("utf-8").count("\n")) > MOST_LINES_OF_A_SERVICE
    }
    long |= {
        f"{path.relative_to(ROOT)}: {node.name}": lines
        for path in python("services", "shared")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > MOST_LINES_OF_A_FUNCTION
    }
    assert long == {}


@pytest.mark.parametrize("service", SERVICES)
def test_a_handler_is_a_verb_and_a_plural(service: str) -> None:
    """`follow_sales`: what is done, and to what; a topic may come in a batch of any size."""
    names = [
        node.name
        for path in (ROOT / "services" / service / "handlers").glob("*.py")
        for node in tree(path).body
        if isinstance(node, ast.AsyncFunctionDef) and node.decorator_list
    ]
    assert names
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)*_[a-z]+s", name)] == []


@pytest.mark.parametrize("service", SERVICES)
def test_knowing_one_service_is_knowing_all(service: str) -> None:
    folder = ROOT / "services" / service
    for name in ("README.md", "main.py", "settings.py", "subscriptions.py"):
        assert (folder / name).is_file(), name
    for name in ("handlers", "migrations"):
        assert (folder / name).is_dir(), name
    for queries in folder.rglob("queries.sql"):
        store = queries.with_name("store")
        assert store.with_suffix(".py").is_file() != store.is_dir(), f"{queries.parent}: store.py or store/"


@pytest.mark.parametrize("front", FRONTS)
def test_a_front_has_pages_and_no_facts(front: str) -> None:
    folder = ROOT / "services" / front
    for name in ("README.md", "main.py", "settings.py"):
        assert (folder / name).is_file(), name
    assert not [path for path in folder.rglob("*") if path.suffix == ".sql" or path.name in {"handlers", "migrations"}]
    for pages in folder.glob("*/templates"):
        assert pages.with_name("api.py").is_file(), f"{pages}: nobody shows these"


def test_every_migration_has_its_place() -> None:
    for folder in (ROOT / "shared/engine", *(ROOT / "services" / service for service in SERVICES)):
        names = sorted(path.name for path in (folder / "migrations").glob("*.sql"))
        assert [name[:4] for name in names] == [f"{number:04}" for number in range(1, len(names) + 1)], folder


HOSTS = re.compile(
    r"\bpypi\.org|pythonhosted\.org|registry\.npmjs\.org|repo1?\.maven\.(org|apache\.org)|\bdocker\.io"
    r"|proxy\.golang\.org|conda\.anaconda\.org"
)
# A token, a key or a password that somebody could use: what tests sign with is made in the test.
SECRETS = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{20}|\bAKIA[0-9A-Z]{16}\b|\beyJ[\w-]{20,}\.[\w-]{20,}\."
    r"|\bgh[pousr]_[A-Za-z0-9]{30}|\bxox[abp]-[\w-]{10}|\"d\": *\"[\w-]{40,}\""
)


def _said(judge: Callable[[str], object]) -> list[str]:
    """The files whose text it finds something in; this one names what is looked for."""
    found = []
    for path in tracked():
        if path != Path(__file__) and path.suffix not in {".png", ".parquet", ".jar", ".gz"}:
            text = path.read_bytes().decode("utf-8", "replace")
            if judge(text):
                found.append(str(path.relative_to(ROOT)))
    return found


def test_where_packages_come_from_is_the_users_choice() -> None:
    """An index or a mirror is set up once, outside; a host in a file would go round it."""
    assert _said(HOSTS.search) == []


def test_nothing_is_committed_that_opens_a_door() -> None:
    assert _said(SECRETS.search) == []


def test_the_pattern_of_secrets_finds_one() -> None:
    assert SECRETS.search("-----BEGIN " + "PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYv")
    assert SECRETS.search("Bearer " + "eyJhbGciOiJFZERTQSJ9abc.eyJzdWIiOiJzdGFmZi0xMiJ9abc.")


PERSONAL = re.compile(
    r"(^|_)(name|names|email|e_mail|mail|phone|address|to|recipient|street|city|birth_date|body|text|subject|summary"
    r"|evidence|value|identity|identities|comment|note|title|key|customer|payload|data|event|record|letter|party)$"
)
# Fields that are about parts of the system: a service, one of its tasks, a campaign's file.
IMPERSONAL = {
    ("shared/engine/service.py", "self.name"),
    ("shared/engine/months.py", "service.name"),
    ("services/marketing/sending/worker.py", "attempt.campaign.name"),
}
LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}


def _log_calls(path: Path) -> Iterator[ast.Call]:
    for name, call in calls(path):
        if name in LEVELS and isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "log":
            yield call


def _last(value: ast.expr) -> str:
    """The attribute or name that a value is read from: `party.email` and `str(party.email)` are of `email`."""
    while isinstance(value, ast.Call) and value.args and ast.unparse(value.func) in {"str", "repr"}:
        value = value.args[0]
    return value.attr if isinstance(value, ast.Attribute) else value.id if isinstance(value, ast.Name) else ""


def test_log_lines_have_names_and_counts_and_nothing_of_a_person() -> None:
    lines = [(path, call) for path in python("services", "shared") for call in _log_calls(path)]
    assert len(lines) > 20
    for path, call in lines:
        place, file = where(path, call), str(path.relative_to(ROOT))
        assert len(call.args) == 1, f"{place}: fields by name"
        event = call.args[0]
        assert isinstance(event, ast.Constant), f"{place}: the name of a line is written out"
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", str(event.value)), place
        for keyword in call.keywords:
            source = ast.unparse(keyword.value)
            assert not isinstance(keyword.value, ast.JoinedStr), f"{place}: {keyword.arg} is put together"
            for name in filter(None, (keyword.arg, _last(keyword.value))):
                assert not PERSONAL.search(name) or (file, source) in IMPERSONAL, f"{place}: {source}"


LABELS = {"group", "topic", "outcome", "service", "timer", "worker", "method", "route", "status", "version"}


def test_metrics_are_labelled_by_parts_of_the_system() -> None:
    """A label's value stays for ever and in every store of metrics."""
    found = [value for value in vars(metrics).values() if isinstance(value, MetricWrapperBase)]
    assert len(found) > 10
    assert {label for metric in found for label in metric._labelnames} <= LABELS


def test_metrics_stand_in_the_catalogue() -> None:
    kinds = {kind.__name__ for kind in (Counter, Gauge, Histogram)}
    made = {
        str(path.relative_to(ROOT))
        for path in python("services", "shared")
        for name, call in calls(path)
        if name in kinds and call.args and isinstance(call.args[0], ast.Constant)
    }
    assert made == {"shared/telemetry/metrics.py"}


# As other systems were promised it. A change here breaks them: it needs a new topic beside the old one.
PROMISED = {
    "crm.ingest": "week",
    "crm.products": "compact",
    "crm.indicators": "keep",
    "crm.parties": "compact",
    "crm.contacts": "keep",
    "crm.sales": "keep",
    "crm.agreements": "keep",
    "crm.requests": "week",
    "crm.campaigns": "keep",
    "crm.tickets": "keep",
    "crm.insights": "keep",
}


def test_topics_are_as_they_were_promised() -> None:
    listed = yaml.safe_load((ROOT / "deploy/kafka/topics.yaml").read_text("utf-8"))
    assert listed["topics"] == PROMISED
    assert listed["partitions"] == PARTITIONS == 12
    assert listed["every"]["max.message.bytes"] == 2 * 1024 * 1024
    assert set(PROMISED) == set(OWNERS) | OUTSIDE
    assert {topic for topic, kept in PROMISED.items() if kept == "compact"} == COMPACTED
    assert listed["cleanup"]["week"]["retention.ms"] == 7 * 24 * 3_600_000
    assert listed["cleanup"]["keep"]["retention.ms"] == -1


def test_what_two_workers_are_told_of_is_there() -> None:
    assert [place for place in (*WHOLE, *LONGEST) if not (ROOT / place).exists()] == []
