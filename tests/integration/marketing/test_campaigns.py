"""Campaigns over HTTP."""

import json

import httpx

from services.marketing.subscriptions import recovery
from shared.events.campaigns import CampaignStopped
from shared.events.contract import contract_of
from tests.integration.marketing.running import Marketing
from tests.unit.marketing.facts import ADA, BOB, DAY, NOW, consent, definition, described, event, product, sale

TEXT = """
name: roses
trigger: sale.completed
follow_up: true
priority: 5
when: {departments: [FLORAL]}
steps: [{wait: PT1H, content: [{template: roses}]}]
"""
TEMPLATES = {"roses.txt": "Subject: Your roses\n\nHello {{ name }}\n", "other.txt": "no template of this campaign"}
DRAFT = {"file": "roses.yaml", "text": TEXT, "templates": TEMPLATES}


async def test_a_campaign_is_looked_over_compared_published_and_stopped(
    marketing: Marketing, http: httpx.AsyncClient
) -> None:
    await marketing.publish(definition())
    wrong = {**DRAFT, "text": TEXT.replace("FLORAL", "").replace("roses}]", "tulips}]")}
    checked = (await http.post("/v1/campaigns/validate", json=wrong)).json()
    assert (checked["valid"], [(each["line"], each["field"]) for each in checked["problems"]]) == (
        False,
        [(7, "steps.0.content.0.template")],
    )
    assert (await http.post("/v1/campaigns/validate", json=DRAFT)).json()["events"] == ["sale.completed"]
    refused = await http.post("/v1/campaigns", json=wrong)
    assert (refused.status_code, "roses.yaml:7: steps.0.content.0.template" in refused.json()["detail"]) == (422, True)

    answers = [
        await http.post("/v1/campaigns", json=DRAFT, headers={"Idempotency-Key": key}) for key in ("a", "a", "b")
    ]
    assert [each.status_code for each in answers] == [201, 201, 200]
    assert answers[0].json() == answers[1].json() == {"campaign": "roses", "version": 1, "changed": True}
    later = {**DRAFT, "text": TEXT.replace("priority: 5", "priority: 6")}
    compared = (await http.post("/v1/campaigns/diff", json=later)).json()
    assert compared == {"campaign": "roses", "changes": [{"field": "priority", "before": 5, "after": 6}]}
    assert (await http.post("/v1/campaigns", json=later)).json()["version"] == 2

    for changed in (True, False):
        stopped = await http.post("/v1/campaigns/roses/stop")
        assert stopped.json() == {"campaign": "roses", "changed": changed}
    assert (await http.post("/v1/campaigns/gone/stop")).status_code == 404
    kinds = [kind for kind, data in await marketing.published() if data["campaign"] == "roses"]
    assert kinds == ["campaign.published", "campaign.published", "campaign.stopped"]


async def test_what_a_campaign_has_planned_is_stopped_with_it(marketing: Marketing, http: httpx.AsyncClient) -> None:
    """Of every version, before and after it is published again, and after a restore; not of the new version."""
    await marketing.publish(definition())
    await marketing.heard(described(), consent(), sale("s-1"), described(BOB), consent(BOB))
    await http.post("/v1/campaigns/thanks/stop")
    for changed in (True, False):
        stopped = await http.post("/v1/campaigns/thanks/stop", params={"planned": "skip"})
        assert stopped.json() == {"campaign": "thanks", "changed": changed}
    assert (await http.post("/v1/campaigns/thanks/stop", params={"planned": "drop"})).status_code == 422
    rows = await marketing.rows(
        "select event_id, payload from outbox where type = 'crm.campaign.stopped.v1' order by id"
    )
    assert [json.loads(row["payload"])["planned"] for row in rows] == ["kept", "skipped"]
    by = str(rows[-1]["event_id"])
    told = event("crm.campaigns", contract_of(CampaignStopped).parse(rows[-1]["payload"]), "thanks", NOW, id_=by)
    await marketing.rows("update campaign set stopped_at = null, stopped_by = null")
    await marketing.hear(recovery.subscription, [told])
    await marketing.publish(definition(priority=1))
    await marketing.heard(sale("s-2", BOB))
    await marketing.pass_time(NOW + DAY)
    rows = await marketing.rows(
        "select party_id, reason, deciding_event_ids::text[] as by from message order by party_id"
    )
    assert rows == [
        {"party_id": ADA, "reason": "stopped", "by": [by]},
        {"party_id": BOB, "reason": None, "by": []},
    ]
    assert (await http.get("/v1/audit/follow-ups")).json()["skipped"] == {"stopped": 1}


async def test_a_campaign_that_was_stopped_since_a_backup_is_stopped_after_the_restore(
    marketing: Marketing, http: httpx.AsyncClient
) -> None:
    """Its file is what it was, so that the start of the service leaves it stopped."""
    await marketing.publish(definition())
    await http.post("/v1/campaigns", json=DRAFT)
    for name in ("thanks", "roses"):
        (await http.post(f"/v1/campaigns/{name}/stop")).raise_for_status()
    published = [data for kind, data in await marketing.published() if kind == "campaign.stopped"]
    contract = contract_of(CampaignStopped)
    told = [event("crm.campaigns", contract.adapter.validate_python(data), data["campaign"], NOW) for data in published]
    await marketing.rows("update campaign set stopped_at = null")

    await marketing.hear(recovery.subscription, told)

    await marketing.publish(definition())
    listed = (await http.get("/v1/campaigns")).json()["items"]
    assert {each["campaign"] for each in listed if each["stopped_at"] is None} == set()


async def test_what_was_done_over_http_outlives_a_start_until_the_file_changes(
    marketing: Marketing, http: httpx.AsyncClient
) -> None:
    await marketing.publish(definition(), definition("news", follow_up=False))
    await http.post("/v1/campaigns", json=DRAFT)
    await http.post("/v1/campaigns/news/stop")
    assert await marketing.publish(definition(), definition("news", follow_up=False)) == []
    assert await marketing.publish(definition(), definition("news", follow_up=False, priority=1)) == ["news"]
    assert await marketing.publish(definition()) == ["news"]
    listed = (await http.get("/v1/campaigns")).json()["items"]
    assert {each["campaign"] for each in listed if each["stopped_at"] is None} == {"thanks", "roses"}


async def test_a_dry_run_says_whom_it_would_take_and_from_whom(marketing: Marketing, http: httpx.AsyncClient) -> None:
    await marketing.publish(definition(), definition("best", priority=9, when={"skus": ["F-2"]}))
    await marketing.heard(product("F-1", "FLORAL"), product("F-2", "FLORAL"))
    await marketing.heard(
        sale("a", skus=("F-1",)), sale("b", BOB, skus=("F-1",)), sale("c", BOB, skus=("F-1",)), sale("d"),
        sale("best", skus=("F-2",)), sale("old", skus=("F-1",), at=NOW - 8 * DAY),
    )  # fmt: skip
    tried = await http.post("/v1/campaigns/dry-run", json=DRAFT)
    assert tried.json() == {
        "campaign": "roses", "sales": 6, "matched": 5, "left": 1, "expired": 1, "held_out": 0, "enrolled": 3,
        "parties": 2, "taken": {"thanks": 4},
    }  # fmt: skip
    assert await marketing.rows("select from campaign where name = 'roses'") == []
    other = {**DRAFT, "text": TEXT.replace("sale.completed\nfollow_up: true", "product.chosen")}
    assert (await http.post("/v1/campaigns/dry-run", json=other)).status_code == 422
