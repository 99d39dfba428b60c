"""`rapport` against a real stack: support is fed what it cannot take, and an operator gets it on."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from aiokafka import AIOKafkaProducer
from typer.testing import CliRunner, Result

from deploy.embedded import EmbeddedStack
from shared.engine.partitions import partition_of
from shared.errors import ConfigurationError
from shared.ids import derived_id, new_id
from tests.stack import make_stack, started
from tools.rapport.cli import app
from tools.rapport.rebuild import rebuild_group
from tools.rapport.stack import Stack, find_stack

T = TypeVar("T")
pytestmark = pytest.mark.stack
REQUESTS = "crm.requests"


class Rapport:
    """The stack, contacts' side of crm.requests as the test plays it, and the command."""

    def __init__(self, stack: EmbeddedStack) -> None:
        self.stack = stack
        self._sequences = {partition: count(1) for partition in range(12)}

    def __call__(self, *arguments: str) -> Result:
        command, actor = [*arguments, "--stack", str(self.stack.folder.path)], {"RAPPORT_ACTOR": "operator of a test"}
        return CliRunner().invoke(app, command, catch_exceptions=False, env=actor)

    def json(self, *arguments: str) -> Any:
        answer = self(*arguments, "--json")
        assert answer.exit_code in {0, 1}, answer.output
        return json.loads(answer.stdout)

    def send(self, party: UUID, value: object, *, skip: int = 0, key: bytes | None = None, **headers: str) -> str:
        """Write one request for help; `skip` leaves numbers out as if Kafka had lost records. Returns its ce_id."""
        partition, event_id = partition_of(str(party)), str(new_id())
        for _ in range(skip):
            next(self._sequences[partition])
        all_headers = {
            "ce_specversion": "1.0",
            "ce_id": event_id,
            "ce_source": "/contacts",
            "ce_type": "crm.support.requested.v1",
            "ce_time": "2026-03-01T09:30:00Z",
            "ce_partitionkey": str(party),
            "ce_sequence": str(next(self._sequences[partition])),
            **headers,
        }
        wire = [(name, text.encode()) for name, text in all_headers.items() if text]
        raw = value if isinstance(value, bytes) else json.dumps(value).encode()
        asyncio.run(publish(self.stack.bootstrap, REQUESTS, partition, key or str(party).encode(), raw, wire))
        return event_id

    def tickets(self, *event_ids: str) -> set[str]:
        """Those of the requests that have become tickets."""
        ids = {derived_id("ticket", event_id): event_id for event_id in event_ids}
        rows = self.rows("select id from ticket where id = any($1::uuid[])", list(ids))
        return {ids[row["id"]] for row in rows}

    def rows(self, statement: str, *args: object) -> list[Any]:
        async def read() -> list[Any]:
            connection = await asyncpg.connect(self.stack.superuser_dsn("support"))
            try:
                return await connection.fetch(statement, *args)
            finally:
                await connection.close()

        return asyncio.run(read())


async def publish(
    brokers: str, topic: str, partition: int, key: bytes, value: bytes, headers: list[tuple[str, bytes]]
) -> None:
    async with AIOKafkaProducer(bootstrap_servers=brokers, acks="all") as producer:
        await producer.send_and_wait(topic, value, key=key, partition=partition, headers=headers)


def request(party: UUID, **changes: object) -> dict[str, object]:
    good = {
        "party_id": str(party),
        "party_version": 1,
        "channel": "email",
        "subject": "Lamp",
        "body": "It is dark.",
        "recorded_at": "2026-03-01T09:30:01Z",
        "origin": "/shop",
    }
    return {**good, **changes}


def eventually(found: Callable[[], T], within: float = 60) -> T:
    """The first answer that is true; asks a few times a second."""
    deadline = time.monotonic() + within
    while not (answer := found()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)
    return answer


@pytest.fixture(scope="module")
def rapport(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rapport]:
    with started(make_stack(tmp_path_factory.mktemp("stack"), services=["support"])) as stack:
        yield Rapport(stack)


def test_a_broken_record_holds_its_key_until_it_is_replaced(rapport: Rapport, tmp_path: Any) -> None:
    party, other = uuid4(), uuid4()
    broken = rapport.send(party, request(party, channel="pigeon"))
    behind, free = rapport.send(party, request(party)), rapport.send(other, request(other))
    eventually(lambda: rapport.tickets(free))
    parked = rapport.json("parked", "--key", str(party))["parked"][::-1]
    assert [(row["reason"], row["detail"]) for row in parked] == [("schema", "channel: literal_error"), ("behind", "")]
    assert rapport("redrive", "--key", str(party)).exit_code == 1, "as it is, it is refused again"
    assert rapport.tickets(broken, behind) == set()

    repaired = tmp_path / "value.json"
    repaired.write_text(json.dumps(request(party)))
    (line,) = rapport.json("redrive", parked[0]["id"], "--with", str(repaired))
    assert (line["applied"], line["held_by"]) == (2, None)
    assert rapport.tickets(broken, behind) == {broken, behind}
    assert rapport.json("parked", "--key", str(party))["parked"] == []
    assert [row["action"] for row in rapport.json("audit", "--limit", "3")] == ["redrive", "redrive", "replace"]


def test_one_value_is_never_put_into_several_records(rapport: Rapport, tmp_path: Any) -> None:
    parties = [uuid4(), uuid4()]
    sent = [rapport.send(party, request(party, channel="pigeon")) for party in parties]
    eventually(lambda: len(rapport.json("parked", "--reason", "schema")["parked"]) == 2)
    value = tmp_path / "value.json"
    value.write_text(json.dumps(request(parties[0])))
    refused = rapport("redrive", "--all", "--with", str(value))
    assert refused.exit_code == 2
    assert "name its id" in refused.stderr
    assert len(rapport.json("parked")["parked"]) == 2
    (line,) = rapport.json("redrive", "--key", str(parties[0]), "--with", str(value))
    assert line["applied"] == 1
    rapport.json("redrive", "--key", str(parties[1]), "--drop", "sent by a test")
    assert rapport.tickets(*sent) == {sent[0]}


def test_a_record_given_up_frees_its_key(rapport: Rapport) -> None:
    party = uuid4()
    broken, behind = rapport.send(party, {"nothing": "fits"}), rapport.send(party, request(party))
    parked = eventually(lambda: rapport.json("parked", "--key", str(party))["parked"][1:])
    assert parked[0]["reason"] == "schema", "newest first"
    (line,) = rapport.json("redrive", "--key", str(party), "--drop", "sent by a test")
    assert (line["applied"], line["held_by"]) == (1, None)
    assert rapport.tickets(broken, behind) == {behind}
    audit = rapport.json("audit", "--limit", "2")
    assert {row["actor"] for row in audit} == {"operator of a test"}
    assert [(row["action"], row["reason"]) for row in audit] == [("redrive", "behind"), ("drop", "sent by a test")]


def test_every_record_with_a_reason_is_redriven(rapport: Rapport) -> None:
    parties = [uuid4() for _ in range(3)]
    for party in parties:
        rapport.send(party, request(party, body=None))
    eventually(lambda: len(rapport.json("parked", "--reason", "schema")["parked"]) >= 3)
    counts = rapport.json("parked")["counts"]
    assert {"service": "support", "group_id": "support.tickets", "topic": REQUESTS, "reason": "schema"}.items() <= (
        counts[0].items()
    )
    outcome = rapport.json("redrive", "--reason", "schema", "--drop", "sent by a test")
    assert {line["key"] for line in outcome} == {str(party) for party in parties}
    assert rapport.json("parked")["parked"] == []


LONE_SURROGATE = b'{"subject": "\\ud83d"}'


def test_what_nobody_can_read_is_kept_with_its_bytes_and_redriven_once_repaired(
    rapport: Rapport, tmp_path: Any
) -> None:
    party = uuid4()
    sent = rapport.send(party, LONE_SURROGATE, skip=0)
    (row,) = eventually(lambda: rapport.json("quarantine", "--reason", "bad_json"))
    out, repaired = tmp_path / "record", tmp_path / "repaired"
    saved = rapport.json("quarantine", "show", row["id"], "--out", str(out))
    assert out.read_bytes() == LONE_SURROGATE
    assert (saved["topic"], saved["key"], saved["bytes"]) == (REQUESTS, str(party), len(LONE_SURROGATE))
    assert ["ce_id", sent] in saved["headers"]
    assert sent in rapport("quarantine", "show", row["id"]).output
    assert rapport("quarantine", "redrive", row["id"]).exit_code == 1, "as it is, nobody can read it"
    repaired.write_text(json.dumps(request(party)))
    (line,) = rapport.json("quarantine", "redrive", row["id"], "--with", str(repaired))
    assert (line["applied"], line["held_by"]) == (1, None)
    assert rapport.tickets(sent) == {sent}
    assert rapport.json("quarantine", "--reason", "bad_json") == []
    assert [row["action"] for row in rapport.json("audit", "--limit", "2")] == ["redrive", "replace"]


def test_an_unreadable_header_is_repaired_and_what_is_worth_nothing_given_up(rapport: Rapport) -> None:
    first, second = uuid4(), uuid4()
    rapport.send(first, request(first), ce_specversion="1.0", ce_id="ø")
    rapport.send(second, request(second), ce_id="")
    rows = eventually(lambda: (found := rapport.json("quarantine"))[1:] and found)
    assert {row["reason"] for row in rows} == {"missing_ce_id", "unreadable_ce_id"}
    assert [row["quarantined_at"] for row in rows] == sorted((row["quarantined_at"] for row in rows), reverse=True)
    missing, unreadable = sorted(rows, key=lambda row: str(row["reason"]))
    assert rapport("quarantine", "redrive", missing["id"], "--header", "nonsense").exit_code == 2
    (line,) = rapport.json("quarantine", "redrive", missing["id"], "--header", "ce_id=repaired-1")
    assert (line["applied"], rapport.tickets("repaired-1")) == (1, {"repaired-1"})
    (line,) = rapport.json("quarantine", "redrive", unreadable["id"], "--drop", "sent by a test")
    assert (line["applied"], line["held_by"]) == (0, None)
    assert rapport.json("quarantine") == []


def test_a_key_that_is_no_text_is_shown_and_chosen_written_out(rapport: Rapport) -> None:
    keys = {rb"\xff\x01": b"\xff\x01", rb"\xff\x02": b"\xff\x02"}
    for key in keys.values():
        rapport.send(uuid4(), {"nothing": "fits"}, key=key, ce_partitionkey="")
    rows = eventually(lambda: (found := rapport.json("parked")["parked"])[1:] and found)
    assert {row["key"].encode() for row in rows} == set(keys)
    (row,) = rapport.json("parked", "--key", r"\xff\x01")["parked"]
    assert row["key"] == r"\xff\x01"
    (line,) = rapport.json("redrive", "--key", r"\xff\x01", "--drop", "sent by a test")
    assert (line["key"], line["held_by"]) == (r"\xff\x01", None)
    assert [row["key"] for row in rapport.json("parked")["parked"]] == [r"\xff\x02"]
    rapport.json("redrive", "--all", "--drop", "sent by a test")


def test_a_gap_stops_one_partition_until_its_loss_is_accepted(rapport: Rapport) -> None:
    party = uuid4()
    first = rapport.send(party, request(party))
    eventually(lambda: rapport.tickets(first))
    after = rapport.send(party, request(party), skip=2)

    def stopped() -> list[dict[str, Any]]:
        return [line for line in rapport.json("lag") if line["stopped"]]

    (line,) = eventually(stopped)
    place = f"{REQUESTS}/{partition_of(str(party))}"
    assert (line["topic"], line["lag"]) == (REQUESTS, 1)
    assert line["stopped"].startswith("lost:")
    assert rapport.tickets(after) == set()
    goes_on = rapport.json("accept-loss", line["group"], place, "--reason", "a test lost it")
    assert goes_on["goes_on_at"] == line["fence"]
    eventually(lambda: rapport.tickets(after), within=90)
    assert stopped() == []
    assert rapport("accept-loss", line["group"], place, "--reason", "again").exit_code == 2


def test_lag_is_nothing_once_all_is_handled(rapport: Rapport) -> None:
    eventually(lambda: all(line["lag"] == 0 for line in rapport.json("lag")))
    assert "support.tickets" in rapport("lag").stdout
    assert "support.tickets" in rapport("lag", "--partitions").stdout


def test_topics_are_as_the_file_says(rapport: Rapport) -> None:
    answer = rapport("topics")
    assert answer.exit_code == 0, answer.output
    assert {row["differs"] for row in rapport.json("topics")} == {""}
    assert rapport("topics", "--overlay", "production").exit_code == 1


def test_a_database_older_than_its_topics_keeps_the_service_unready_until_it_numbers_on(rapport: Rapport) -> None:
    stack = rapport.stack
    asyncio.run(stack.stop_part("support"))
    headers = [("ce_sequence", b"50"), ("ce_source", b"/support")]
    asyncio.run(publish(stack.bootstrap, "crm.tickets", 3, b"x", b"{}", headers))
    with ThreadPoolExecutor(1) as pool:
        starting = pool.submit(asyncio.run, stack.start_part("support"))

        def refused() -> str | None:
            try:
                answer = httpx.get(f"{stack.url('support')}/readyz")
            except httpx.TransportError:
                return None
            return answer.text if "restored" in answer.text else None

        assert "rapport recover" in (eventually(refused) or "")
        ahead = rapport.json("recover", "support", "--reason", "restored in a test")
        starting.result(150)
    assert {"topic": "crm.tickets", "partition": 3, "published": 50}.items() <= ahead["ahead"][0].items()
    assert rapport.json("recover", "support", "--reason", "restored in a test")["ahead"] == []
    assert rapport.json("audit", "--limit", "1")[0]["action"] == "recover"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("redrive",), "say what to redrive"),
        (("redrive", "seven"), "is no id"),
        (("redrive", f"support:{2**63}"), "is no id"),
        (("quarantine", "show", "support:" + "9" * 5_000), "is no id"),
        (("redrive", "support:99999999"), "nothing is parked that fits"),
        (("redrive", "--all", "--with", "nowhere.json"), "cannot be read"),
        (("redrive", "--all", "--with", __file__), "nothing is parked that fits"),
        (("redrive", "1", "--with", __file__, "--drop", "x"), "exclude each other"),
        (("quarantine", "show", "support:99999999", "--out", "x"), "nothing is in quarantine"),
        (("parked", "--service", "billing"), "billing is no service: take one of contacts,"),
        (("accept-loss", "support.tickets", "crm.requests", "--reason", "x"), "write it as crm.sales/3"),
        (("accept-loss", "support.tickets", "crm.nothing/1", "--reason", "x"), "does not exist"),
        (("rebuild", "support.tickets"), "is a process"),
        (("rebuild", "support.nothing"), "its projections are: none"),
    ],
)
def test_errors_say_what_to_do(rapport: Rapport, arguments: tuple[str, ...], words: str) -> None:
    answer = rapport(*arguments)
    assert answer.exit_code == 2
    assert words in answer.stderr


def test_a_failed_timer_is_listed_and_tried_again(rapport: Rapport) -> None:
    insert = "insert into timer (name, id, partition, due_at, failed) values ('nothing', $1, 3, now(), 'refused')"
    timer = uuid4()
    rapport.rows(insert, timer)
    assert [row["id"] for row in rapport.json("timers")] == [str(timer)]
    assert rapport.json("timers", "--retry", "repaired", "--name", "another") == []
    assert [row["id"] for row in rapport.json("timers", "--retry", "repaired")] == [str(timer)]
    assert rapport.json("timers") == []
    assert rapport.json("audit", "--limit", "1")[0]["action"] == "retry-timers"


def test_a_projection_with_partitioned_tables_is_cloned_compared_and_switched(rapport: Rapport) -> None:
    asyncio.run(rapport.stack.ensure_databases("contacts"))
    for arguments in ((), ("--switch",), ("--switch",)):
        tables = rapport.json("rebuild", "contacts.timeline", *arguments)
        assert {"line", "total"} <= {row["table"] for row in tables}
        assert all(row["equal"] for row in tables)
    assert [row["action"] for row in rapport.json("audit", "--service", "contacts")] == ["rebuild", "rebuild"]


@pytest.mark.parametrize(
    "command",
    [
        ["parked"],
        ["redrive", "--all"],
        ["quarantine", "show", "support:1"],
        ["quarantine", "redrive", "support:1"],
        ["lag"],
        ["timers"],
        ["outbox"],
        ["audit"],
        ["recover", "support", "--reason", "a test"],
        ["skip", "support.requests", "crm.requests/1", "0-1", "--reason", "a test"],
        ["accept-loss", "support.requests", "crm.requests/1", "--reason", "a test"],
        ["rebuild", "support.requests"],
        ["parked", "--key", "\udcff"],
        ["parked", "--limit", "1000000"],
        ["redrive", "support:999999999999999999"],
        ["quarantine", "show", "support:999999999999999999"],
    ],
    ids=" ".join,
)
def test_a_wrong_password_is_told_in_a_line(rapport: Rapport, tmp_path: Path, command: list[str]) -> None:
    """And so is whatever else an odd argument leads to where the password is right."""
    for name in ("ports.json", "secrets.json"):
        (tmp_path / name).write_bytes((rapport.stack.folder.path / name).read_bytes())
    right = CliRunner().invoke(app, [*command, "--stack", str(tmp_path)])
    assert right.exception is None or isinstance(right.exception, SystemExit), repr(right.exception)
    secrets = json.loads((tmp_path / "secrets.json").read_text())
    (tmp_path / "secrets.json").write_text(json.dumps({**secrets, "support": "wrong", "support_owner": "wrong"}))
    wrong = CliRunner().invoke(app, [*command, "--stack", str(tmp_path)])
    assert isinstance(wrong.exception, SystemExit), repr(wrong.exception)
    assert wrong.exit_code == 2
    assert wrong.output.count("\n") == 1


def test_an_owner_with_a_wrong_password_is_told(rapport: Rapport) -> None:
    known = find_stack(rapport.stack.folder.path)
    wrong = known.dsns["support"].replace("support:", "support_owner:wrong")
    stack = Stack({"contacts": known.dsns["support"]}, known.kafka, {"contacts": wrong})
    with pytest.raises(ConfigurationError, match=r"the database of contacts at 127\.0\.0\.1:\d+ cannot be used"):
        asyncio.run(rebuild_group(stack, "contacts.timeline", lambda _: None, switch=False, stream=False))
