"""Every kind of record that nobody can use, between sales that everybody can."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from deploy.embedded import EmbeddedStack
from deploy.embedded.process import ROOT
from tests.faults.evidence import Published, read_topics
from tests.patience import Patience
from tests.stack import make_stack, started
from tests.wire import AnyName, any_names

pytestmark = [pytest.mark.stack, pytest.mark.slow]
Header = tuple[str, bytes]


@dataclass(slots=True)
class Wire:
    """A record as it goes onto crm.ingest, to be spoilt."""

    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes]

    def data(self, **changes: object) -> None:
        """Change the value's fields."""
        self.value = json.dumps({**json.loads(self.value or b"{}"), **changes}).encode()


def good(customer: str, sale_id: str) -> Wire:
    price = {"minor": 500, "currency": "DKK"}
    value = {
        "party": {"identities": [{"type": "external", "system": "shop", "value": customer}]},
        "sale_id": sale_id,
        "channel": "web",
        "total": price,
        "lines": [{"sku": "A-17", "quantity": 1, "unit_price": price}],
    }
    headers = {
        "ce_specversion": "1.0",
        "ce_id": f"event-{sale_id}",
        "ce_source": "/shop",
        "ce_type": "crm.sale.completed.v1",
        "ce_time": datetime.now(UTC).isoformat(),
        "ce_partitionkey": customer,
    }
    return Wire(customer.encode(), json.dumps(value).encode(), {name: text.encode() for name, text in headers.items()})


def _set(name: str, value: bytes) -> Callable[[Wire], None]:
    return lambda wire: wire.headers.__setitem__(name, value)


def _without(name: str) -> Callable[[Wire], None]:
    return lambda wire: wire.headers.__delitem__(name) if name in wire.headers else None


def _value(value: bytes | None) -> Callable[[Wire], None]:
    return lambda wire: setattr(wire, "value", value)


def _data(**changes: object) -> Callable[[Wire], None]:
    return lambda wire: wire.data(**changes)


def _nul_in_a_name(wire: Wire) -> None:
    party = json.loads(wire.value or b"{}")["party"]
    wire.data(party={**party, "name": "A\0da"})


def _own_field(name: str) -> Callable[[Wire], None]:
    identities = [{"type": "external", "system": "shop", "value": "81"}]
    return lambda wire: wire.data(party={"identities": identities, "custom": {name: 1}})


def _keyless(wire: Wire) -> None:
    wire.key = None
    del wire.headers["ce_partitionkey"]
    wire.data(total="much")


def _ahead(wire: Wire) -> None:
    wire.headers["ce_time"] = (datetime.now(UTC) + timedelta(minutes=30)).isoformat().encode()


UNREADABLE: Mapping[str, tuple[str, Callable[[Wire], None]]] = {
    "bad-json": ("bad_json", _value(b'{"party": ')),
    "id-bytes": ("unreadable_ce_id", _set("ce_id", b"\xff\xfe")),
    "no-specversion": ("missing_ce_specversion", _without("ce_specversion")),
    "no-id": ("missing_ce_id", _without("ce_id")),
    "no-source": ("missing_ce_source", _without("ce_source")),
    "no-type": ("missing_ce_type", _without("ce_type")),
    "unknown-type": ("unknown_type", _set("ce_type", b"crm.sale.dreamt.v1")),
    "null-value": ("null_value", _value(None)),
    "other-key": ("partitionkey_is_not_the_key", _set("ce_partitionkey", b"somebody")),
    "forged": ("forged_source", _set("ce_source", b"/contacts")),
    "ahead": ("time_ahead_of_the_clock", _ahead),
}
REFUSED: Mapping[str, tuple[str, Callable[[Wire], None]]] = {
    "wrong-type": ("schema", _data(total="much")),
    "nul": ("schema", _data(lines=[{"sku": "a\0b", "quantity": 1, "unit_price": {"minor": 1, "currency": "DKK"}}])),
    "nul-in-a-fields-name": ("schema", _own_field("a\0b")),
    "large": ("too_large", _data(store="x" * 1_000_001)),
    "unknown-major": ("unknown_major", _set("ce_type", b"crm.sale.completed.v9")),
    "conflict": ("conflict", _data(sale_id="first-conflict", channel="phone")),
    "nobody": ("no_identity", _data(party={"identities": [{"type": "phone", "value": "12"}]})),
}
GIVEN_UP = ("unknown-major", "conflict")
"""What no other value can repair."""
ALONE = ("conflict", "nobody")
"""What holds nobody back."""
HOLDING = tuple(kind for kind in REFUSED if kind not in ALONE)
ODD: Mapping[str, Callable[[Wire], None]] = {
    "header-bytes": _set("x-shop", b"\xff\xfe"),
    "header-name": _set(AnyName("x-\udcff\udcfe"), b"1"),
    "nul-in-a-name": _nul_in_a_name,
}
"""What is strange and no reason to refuse a record."""


class Poisoned:
    """A stack with contacts alone, what was sent to it, and the operator's command."""

    def __init__(self, stack: EmbeddedStack) -> None:
        self.stack = stack

    def rapport(self, *arguments: str) -> Any:
        """The answer of `rapport … --json`."""
        command = [sys.executable, "-m", "tools.rapport", *arguments, "--json"]
        done = subprocess.run(
            [*command, "--stack", str(self.stack.folder.path)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode in {0, 1}, done.stderr
        return json.loads(done.stdout)

    async def send(self, *wires: Wire) -> None:
        with any_names():
            async with AIOKafkaProducer(
                bootstrap_servers=self.stack.bootstrap, acks="all", max_request_size=2 << 20
            ) as producer:
                for wire in wires:
                    headers = list(wire.headers.items())
                    await producer.send_and_wait("crm.ingest", wire.value, key=wire.key, headers=headers)

    async def sales(self) -> list[Published]:
        """What stands on crm.sales."""
        return await read_topics(self.stack.bootstrap, ["crm.sales"])

    async def wait_for(self, *sale_ids: str) -> list[str]:
        """The ids of all sales on crm.sales in their order, once these are among them."""
        patience = Patience(60)
        while True:
            found = [record.data["sale_id"] for record in await self.sales()]
            if set(sale_ids) <= set(found):
                return found
            assert patience.lasts, f"never on crm.sales: {set(sale_ids) - set(found)}"
            await asyncio.sleep(0.3)


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Poisoned]:
    """Each kind from a customer of its own, before and after it sales of the same customer, and others in between."""
    with started(make_stack(tmp_path_factory.mktemp("poison"), services=["contacts"])) as stack:
        system = Poisoned(stack)
        asyncio.run(system.send(*_everything()))
        yield system


def _everything() -> Iterator[Wire]:
    for kind, spoil in ODD.items():
        odd = good(kind, f"odd-{kind}")
        spoil(odd)
        yield odd
    for kind, (_, spoil) in {**UNREADABLE, **REFUSED}.items():
        yield good(kind, f"first-{kind}")
        wire = good(kind, f"spoilt-{kind}")
        spoil(wire)
        yield wire
        yield good(f"beside-{kind}", f"beside-{kind}")
        yield good(kind, f"second-{kind}")
        yield good(kind, f"third-{kind}")
    lone = good("lone", "spoilt-lone")
    _keyless(lone)
    yield lone
    keyless = good("free", "keyless")
    keyless.key = None
    del keyless.headers["ce_partitionkey"]
    yield keyless


async def test_others_are_not_held_up(poisoned: Poisoned) -> None:
    kinds = [*UNREADABLE, *REFUSED]
    passing = [f"{turn}-{kind}" for turn in ("first", "beside") for kind in kinds]
    odd = [f"odd-{kind}" for kind in ODD]
    found = await poisoned.wait_for(*passing, *odd, *(f"third-{kind}" for kind in (*UNREADABLE, *ALONE)), "keyless")
    assert len(found) == len(set(found)), "each sale once"
    assert not [sale for sale in found if sale.startswith("spoilt")]
    assert not {f"second-{kind}" for kind in HOLDING} & set(found), "a parked record holds its key"


async def test_each_is_listed_with_its_reason(poisoned: Poisoned) -> None:
    await poisoned.wait_for(*(f"third-{kind}" for kind in UNREADABLE), "keyless")
    listed = sorted(row["reason"] for row in poisoned.rapport("quarantine"))
    assert listed == sorted(reason for reason, _ in UNREADABLE.values())
    parked = poisoned.rapport("parked")["parked"]
    by_key: dict[str | None, list[str]] = {}
    for row in parked:
        by_key.setdefault(row["key"], []).append(row["reason"])
    expected: dict[str | None, list[str]] = {
        kind: [reason] if kind in ALONE else ["behind", "behind", reason] for kind, (reason, _) in REFUSED.items()
    }
    by_key = {key: sorted(reasons, key=lambda reason: (reason != "behind", reason)) for key, reasons in by_key.items()}
    assert by_key == {**expected, None: ["schema"]}


async def test_the_bytes_are_kept(poisoned: Poisoned, tmp_path: Path) -> None:
    await poisoned.wait_for("third-bad-json")
    (row,) = poisoned.rapport("quarantine", "--reason", "bad_json")
    poisoned.rapport("quarantine", "show", row["id"], "--out", str(tmp_path / "value"))
    assert (tmp_path / "value").read_bytes() == b'{"party": '


@pytest.mark.parametrize("kind", REFUSED)
async def test_a_key_flows_again_in_its_order(poisoned: Poisoned, tmp_path: Path, kind: str) -> None:
    await poisoned.wait_for("keyless")
    if kind in GIVEN_UP:
        (line,) = poisoned.rapport("redrive", "--key", kind, "--drop", "nobody can use it")
        applied = [f"second-{kind}", f"third-{kind}"] if kind not in ALONE else []
    else:
        value = tmp_path / "repaired.json"
        value.write_bytes(good(kind, f"spoilt-{kind}").value or b"")
        (line,) = poisoned.rapport("redrive", "--key", kind, "--with", str(value))
        applied = [f"spoilt-{kind}"] if kind in ALONE else [f"spoilt-{kind}", f"second-{kind}", f"third-{kind}"]
    assert (line["applied"], line["held_by"]) == (len(applied), None)
    await poisoned.send(good(kind, f"fourth-{kind}"))
    found = await poisoned.wait_for(f"fourth-{kind}")
    passed = [f"second-{kind}", f"third-{kind}"] if kind in ALONE else []
    assert [sale for sale in found if sale.endswith(f"-{kind}") and not sale.startswith("beside")] == [
        f"first-{kind}",
        *passed,
        *applied,
        f"fourth-{kind}",
    ]
    assert poisoned.rapport("parked", "--key", kind)["parked"] == []


async def test_what_was_quarantined_is_taken_when_it_is_sent_repaired(poisoned: Poisoned) -> None:
    await poisoned.send(*(good(kind, f"spoilt-{kind}") for kind in UNREADABLE))
    found = await poisoned.wait_for(*(f"spoilt-{kind}" for kind in UNREADABLE))
    assert len(found) == len(set(found))


async def test_a_record_without_a_key_is_redriven_by_its_id(poisoned: Poisoned, tmp_path: Path) -> None:
    (row,) = [row for row in poisoned.rapport("parked")["parked"] if row["key"] is None]
    value = tmp_path / "repaired.json"
    value.write_bytes(good("lone", "spoilt-lone").value or b"")
    (line,) = poisoned.rapport("redrive", row["id"], "--with", str(value))
    assert line["applied"] == 1
    await poisoned.wait_for("spoilt-lone")
    assert poisoned.rapport("parked")["parked"] == []


async def test_nothing_is_lost(poisoned: Poisoned) -> None:
    """Every record stands on crm.sales, waits in quarantine, or was given up with a line about it."""
    kinds = [*UNREADABLE, *REFUSED]
    turns = [f"{turn}-{kind}" for turn in ("first", "second", "third", "beside") for kind in kinds]
    await poisoned.wait_for(*turns)
    dropped = [row for row in poisoned.rapport("audit") if row["action"] == "drop"]
    assert {row["reason"] for row in dropped} == {"nobody can use it"}
    assert len(dropped) == len(GIVEN_UP)
