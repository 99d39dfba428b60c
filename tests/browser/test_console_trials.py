"""What people try before they decide: rules and campaigns on the past, what articles say, a ticket of its own."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import uuid4

import pytest

from deploy.embedded import EmbeddedStack
from tests.browser.agents import Customer, ask, visitor
from tests.browser.test_console_desk import fields_of

pytestmark = [pytest.mark.stack, pytest.mark.slow]


async def test_a_reply_becomes_a_ticket_of_its_own_once(stack: EmbeddedStack, twins: Customer) -> None:
    path, action = f"/tickets/{twins.ticket_id}", f"/tickets/{twins.ticket_id}/split"
    async with visitor(stack) as client:
        for text in ("First.", "Of something else <b>."):
            await client.post(f"{path}/replies", data={"text": text, "kind": "note", "key": text[:5]})
        shown = (await client.get(path)).text
        entries, kept = re.findall(r'name="(entry-[^"]+)"', shown), fields_of(shown, action)
        assert len(entries) == 2
        nothing = await client.post(action, data=kept)
        assert (nothing.status_code, "This was not taken" in nothing.text) == (422, True)
        chosen = {**kept, "key": "k-2", entries[1]: "1", "subject": "Something else"}
        where = (await client.post(action, data=chosen)).headers["location"]
        assert (await client.post(action, data=chosen)).headers["location"] == where
        late = await client.post(action, data={**chosen, "key": "k-3", entries[0]: "1"})
        assert (late.status_code, f'name="{entries[0]}" value="1" checked' in late.text) == (409, True)
        split = await ask(stack, "support", where[1:])
        assert (split["subject"], split["split_from"]) == ("Something else", twins.ticket_id)
        assert [entry["text"] for entry in split["thread"]] == ["Of something else <b>."]


async def test_what_articles_say_stands_in_the_form_with_its_sources(stack: EmbeddedStack, ada: Customer) -> None:
    said = await ask(stack, "support", f"tickets/{ada.ticket_id}/suggested-reply")
    async with visitor(stack) as client:
        shown = (await client.get(f"/tickets/{ada.ticket_id}?suggest=1")).raise_for_status().text
    if said["text"] is None:
        assert "No article has anything to say to it." in shown
    else:
        assert said["text"] in unescape(shown)
        assert all(f'href="/articles/{each["article_id"]}"' in shown for each in said["sources"])


async def test_an_address_is_stopped_and_written_to_again_and_stands_in_no_address(stack: EmbeddedStack) -> None:
    email = f"{uuid4()}@mail.example"
    async with visitor(stack) as client:
        for act, says in (("find", "Not stopped"), ("stop", "Somebody asked for it"), ("lift", "Not stopped")):
            sent = {"email": email, "key": act, "because": "mistake"}
            answer = await client.post(f"/suppressions/{act}", data=sent)
            assert (answer.status_code, says in answer.text, str(answer.url).count("@")) == (200, True, 0)
            assert ("Last let go: It was a mistake" in answer.text) == (act == "lift")
        wrong = await client.post("/suppressions/stop", data={"email": "nobody <b>"})
        assert (wrong.status_code, 'value="nobody &lt;b&gt;"' in wrong.text) == (422, True)


async def test_rules_and_campaigns_are_tried_on_the_past(stack: EmbeddedStack, ada: Customer) -> None:
    today = datetime.now(UTC).date()
    span = {"since": str(today - timedelta(days=3)), "until": str(today - timedelta(days=1))}
    async with visitor(stack) as client:
        tried = await client.post("/backtests/routing", data={**span, "asks_model": "1"})
        assert "What would be different" in tried.raise_for_status().text
        wrong = await client.post("/backtests/routing", data={**span, "since": "soon", "agent": "a-1", "room": "many"})
        assert (wrong.status_code, 'value="a-1"' in wrong.text) == (422, True)
        form = (await client.get("/backtests/promises")).raise_for_status().text
        assert 'name="urgent-resolution" type="text" value="480"' in form
        policy = {"policy": "default", "calendar": "office", "warn_at": "50", "normal-resolution": "1"}
        tried = await client.post("/backtests/promises", data={**span, **policy})
        assert "Would stand otherwise" in tried.raise_for_status().text
        wrong = await client.post("/backtests/promises", data={**span, **policy, "low-resolution": "soon <b>"})
        assert (wrong.status_code, 'value="soon &lt;b&gt;"' in wrong.text) == (422, True)
        form = (await client.get("/backtests/campaigns/thanks")).text
        found = re.search(r'<textarea id="text"[^>]*>\n(.*?)</textarea>', form, re.DOTALL)
        assert found is not None
        text = unescape(found[1])
        # the sale of a customer of these tests stands in what is looked at, whose day is not over yet
        days = {"since": span["since"], "until": str(today), "days": "7"}
        tried = await client.post("/backtests/campaigns/thanks", data={**days, "text": text})
        assert "Would have been sent" in tried.raise_for_status().text
        assert ada.party_id
        wrong = await client.post("/backtests/campaigns/thanks", data={**days, "text": "name: ]["})
        assert (wrong.status_code, "name: ][</textarea>" in wrong.text) == (422, True)


async def test_of_two_who_write_down_the_same_new_agent_one_is_told_so(stack: EmbeddedStack) -> None:
    name = f"agent-{uuid4().hex[:8]}"
    async with visitor(stack) as client, visitor(stack, "agent-8") as other:
        said = {"id": name, "queues": "orders"}
        answers = await asyncio.gather(
            client.post("/new/agent", data=said | {"skills": "orders"}),
            other.post("/new/agent", data=said | {"skills": "payments"}),
        )
        assert sorted(answer.status_code for answer in answers) == [303, 409]
        (late,) = [answer for answer in answers if answer.status_code == 409]
        assert f'value="{name}"' in late.text
        agent = await ask(stack, "support", f"agents/{name}")
        assert agent["skills"] == (["orders"] if answers[0].status_code == 303 else ["payments"])
        removal = fields_of((await client.get(f"/agents/{name}")).text, f"/agents/{name}/remove")
        assert (await client.post(f"/agents/{name}/remove", data={**removal, "reason": "left"})).status_code == 303
        assert (await client.post("/new/agent", data=said)).status_code == 303
