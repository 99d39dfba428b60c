"""Operators' routes of a service over real Kafka and Postgres: what waits is seen, repaired, redriven and given up."""

import json
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer

from shared.engine.event import Event
from shared.engine.service import Service
from shared.engine.transaction import Transaction
from shared.errors import BadRecord, Conflict
from shared.http.app import build_app
from shared.settings import AuthSettings
from tests.integration.engine.probe import CHOICE, Probe, eventually, noting, of_shop
from tests.unit.http.tokens import AUDIENCE, ISSUER, jwks, token

pytestmark = pytest.mark.stack
REFUSED = json.dumps({**json.loads(CHOICE), "sku": "refused"}).encode()
OTHER = json.dumps({**json.loads(CHOICE), "sku": "other"}).encode()
LONE_SURROGATE = b'{"sku": "\\ud83d"}'
GROUP, PLACE = "support.operations", 7


async def refuse(events: Sequence[Event[Any]], _: Transaction) -> None:
    for event in events:
        if event.data.sku == "refused":
            raise BadRecord("refused")
        if event.data.sku == "other":
            raise Conflict("other content")


async def send(probe: Probe, id_: str, value: bytes, *, key: bytes | None) -> None:
    async with AIOKafkaProducer(bootstrap_servers=probe.stack.bootstrap, acks="all") as producer:
        await producer.send_and_wait("crm.ingest", value, key=key, partition=PLACE, headers=of_shop(id_))


@pytest.fixture
async def http(probe: Probe, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    (tmp_path / "jwks.json").write_text(jwks("EdDSA"))
    auth = AuthSettings(mode="jwt", issuer=ISSUER, audience=AUDIENCE, jwks=str(tmp_path / "jwks.json"))
    settings = probe.settings().model_copy(update={"auth": auth})
    async with probe.running(noting("operations", "crm.ingest", act=refuse)) as service:
        await eventually(lambda: _begun(service), "a service that works")
        transport = httpx.ASGITransport(build_app(service, settings, []), raise_app_exceptions=False)
        bearer = {"Authorization": f"Bearer {token('EdDSA', scope='crm:admin')}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://support", headers=bearer) as client:
            yield client


async def _begun(service: Service) -> bool:
    return service.obstacle is None


async def items(http: httpx.AsyncClient, what: str, **query: Any) -> list[Any]:
    answer = await http.get(f"/v1/operations/{what}", params={"limit": 200, **query})
    assert answer.status_code == 200, answer.text
    found: list[Any] = answer.json()["items"]
    return found


async def do(http: httpx.AsyncClient, what: str, **body: Any) -> Any:
    answer = await http.post(f"/v1/operations/{what}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_only_admins_see_and_act(http: httpx.AsyncClient) -> None:
    paths = ["lag", "outbox", "parked", "quarantine", "quarantine/1"]
    for headers, status in (({"Authorization": f"Bearer {token('EdDSA')}"}, 403), ({"Authorization": ""}, 401)):
        for path in paths:
            assert (await http.get(f"/v1/operations/{path}", headers=headers)).status_code == status
        for path in ("parked/redrive", "parked/drop", "quarantine/1/redrive", "quarantine/1/drop"):
            assert (await http.post(f"/v1/operations/{path}", json={}, headers=headers)).status_code == status


async def test_parked_records_are_repaired_and_given_up_in_the_name_of_who_asks(
    probe: Probe, http: httpx.AsyncClient
) -> None:
    bad, other = b"\xff\x01", b"\xff\x02"
    await send(probe, "op-1", REFUSED, key=bad)
    await send(probe, "op-2", CHOICE, key=bad)
    await send(probe, "op-3", OTHER, key=other)
    await send(probe, "op-4", CHOICE, key=other)
    await probe.applied(GROUP, PLACE, ["op-4"])

    async def waiting() -> list[Any] | None:
        found = await items(http, "parked", group=GROUP)
        return found if len(found) == 3 else None

    lines = await eventually(waiting, "three parked records")
    assert [(each["key"], each["reason"], each["holds"]) for each in lines[::-1]] == [
        (r"\xff\x01", "refused", True),
        (r"\xff\x01", "behind", True),
        (r"\xff\x02", "conflict", False),
    ], "newest first, and a conflict alone"
    page = (await http.get("/v1/operations/parked", params={"group": GROUP, "limit": 2})).json()
    rest = await items(http, "parked", group=GROUP, cursor=page["next_cursor"])
    assert [*page["items"], *rest] == lines

    assert (await http.post("/v1/operations/parked/redrive", json={})).status_code == 422
    two = {"group": GROUP, "value_base64": b64encode(CHOICE).decode()}
    assert (await http.post("/v1/operations/parked/redrive", json=two)).status_code == 422, "one value for two records"
    (still,) = await do(http, "parked/redrive", key=r"\xff\x01")
    assert (still["applied"], still["held_by"]) == (0, "refused")
    (freed,) = await do(http, "parked/redrive", ids=[lines[-1]["id"]], value_base64=b64encode(CHOICE).decode())
    assert (freed["key"], freed["applied"], freed["held_by"]) == (r"\xff\x01", 2, None)
    (dropped,) = await do(http, "parked/drop", reason="conflict", because="sent by a test")
    assert (dropped["key"], dropped["applied"], dropped["held_by"]) == (r"\xff\x02", 0, None)
    assert await items(http, "parked", group=GROUP) == []
    assert await probe.applied(GROUP, PLACE, ["op-4", "op-1", "op-2"]) == ["op-4", "op-1", "op-2"]
    actors = await probe.rows("select distinct actor from operator_action where subject ->> 'group' = $1", GROUP)
    assert [row["actor"] for row in actors] == ["staff-12"]


async def test_quarantined_records_are_shown_whole_and_redriven_once_repaired(
    probe: Probe, http: httpx.AsyncClient
) -> None:
    await send(probe, "oq-1", LONE_SURROGATE, key=b"held")
    await send(probe, "oq-2", REFUSED, key=b"held")
    (line,) = await eventually(lambda: items(http, "quarantine", topic="crm.ingest", reason="bad_json"), "quarantine")
    await eventually(lambda: items(http, "parked", key="held"), "a parked record")
    path = f"quarantine/{line['id']}"
    whole = (await http.get(f"/v1/operations/{path}")).json()
    assert (whole["key"], b64decode(whole["value_base64"])) == ("held", LONE_SURROGATE)
    assert ["ce_id", "oq-1"] in whole["headers"]
    repaired = b64encode(CHOICE).decode()
    assert (await do(http, f"{path}/redrive", value_base64=repaired))["held_by"] == "behind", "its key is held"
    await do(http, "parked/drop", key="held", because="sent by a test")
    assert (await do(http, f"{path}/redrive", value_base64=b64encode(REFUSED).decode()))["held_by"] == "refused"
    assert (await items(http, "quarantine", topic="crm.ingest"))[0]["reason"] == "refused"
    assert (await do(http, f"{path}/redrive", value_base64=repaired, headers={"ce_id": "oq-3"}))["applied"] == 1
    assert await probe.applied(GROUP, PLACE, ["oq-3"]) == ["oq-3"]
    assert (await http.post(f"/v1/operations/{path}/drop", json={"because": "gone"})).status_code == 404

    await send(probe, "oq-4", b"{", key=None)
    (line,) = await eventually(lambda: items(http, "quarantine", topic="crm.ingest"), "quarantine")
    await do(http, f"quarantine/{line['id']}/drop", because="sent by a test")
    assert await items(http, "quarantine", topic="crm.ingest") == []


async def test_lag_and_outbox_are_told(http: httpx.AsyncClient) -> None:
    async def handled() -> bool:
        answer = await http.get("/v1/operations/lag")
        lines = answer.json() if answer.status_code == 200 else []
        return any(line["group"] == GROUP and line["partition"] == PLACE and line["lag"] == 0 for line in lines)

    await eventually(handled, "nothing to handle")
    outbox = (await http.get("/v1/operations/outbox")).json()
    assert outbox.keys() == {"waiting", "oldest_seconds"}
