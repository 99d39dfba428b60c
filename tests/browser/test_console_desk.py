"""What agents do at the desk beside answering one ticket: views, kept replies, many tickets at once, and each other."""

import asyncio
import re
from html import unescape
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Route, expect

from deploy.embedded import EmbeddedStack
from tests.browser.agents import Customer, ask, console, serve_customer, visitor
from tests.e2e.client import eventually

pytestmark = [pytest.mark.stack, pytest.mark.slow]


def fields_of(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form of a page that is sent there; of a form without an address those of the first."""
    start = page.index(f'action="{action}"' if action else '<form method="post" id="written"')
    form = page[start : page.index("</form>", start)]
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)}


async def test_a_reply_is_kept_once_changed_and_removed(stack: EmbeddedStack) -> None:
    name = f"late-{uuid4().hex[:8]}"
    async with visitor(stack) as client, visitor(stack, "agent-8") as other:
        wrong = await client.post("/new/reply", data={"name": name, "text-en": "Dear {{ nobody }}"})
        assert (wrong.status_code, "Dear {{ nobody }}</textarea>" in wrong.text) == (422, True)
        made = await client.post("/new/reply", data={"name": name, "text-en": "It is late.", "text-da": " "})
        assert made.headers["location"] == "/replies?taken=/new/reply"
        again = await other.post("/new/reply", data={"name": name, "text-en": "Mine."})
        assert (again.status_code, "kept already" in again.text) == (409, True)
        seen = fields_of((await client.get(f"/replies/{name}")).text, "")
        theirs = fields_of((await other.get(f"/replies/{name}")).text, "")
        assert (await other.post(f"/replies/{name}", data={**theirs, "text-en": "Theirs."})).status_code == 303
        stale = await client.post(f"/replies/{name}", data={**seen, "text-en": "Ours."})
        assert (stale.status_code, "Ours.</textarea>" in stale.text) == (409, True)
        assert re.findall('class="text">([^<]*)<', stale.text) == ["It is late.", "Ours.", "Theirs."]
        assert (await ask(stack, "support", f"canned-replies/{name}"))["texts"] == {"en": "Theirs."}
        path = f"/replies/{name}/remove"
        assert (await client.post(path, data=fields_of(stale.text, path))).headers["location"] == "/replies"
        assert (await client.get(f"/replies/{name}")).status_code == 404
        assert (await client.post("/new/reply", data={"name": name, "text-en": "Anew."})).status_code == 303


async def test_a_view_lists_what_it_says_to_whom_it_is_for(stack: EmbeddedStack, ada: Customer) -> None:
    async with visitor(stack) as client, visitor(stack, "agent-8") as other:
        said = {"name": "Mine <1>", "whose": "followed", "statuses-new": "1", "statuses-open": "1", "queue": ""}
        where = (await client.post("/new/view", data=said)).headers["location"]
        view_id = where.rpartition("=")[2]
        kept = await ask(stack, "support", f"views/{view_id}")
        assert (kept["name"], kept["owner"], kept["filters"]["followed"]) == ("Mine <1>", "agent-7", True)
        assert kept["filters"]["statuses"] == ["new", "open"]
        await eventually(lambda: _lists(client, where, ada.ticket_id), "the followed ticket in the view")
        assert "Mine &lt;1&gt;" in (await client.get("/tickets")).text
        assert "Mine &lt;1&gt;" not in (await other.get("/tickets")).text
        form = (await client.get(f"/views/{view_id}")).text
        assert 'name="statuses-new" value="1" checked' in form
        assert 'name="statuses-spam" value="1">' in form
        kept_fields = fields_of(form, "")
        changed = await client.post(f"/views/{view_id}", data={**kept_fields, **said, "whose": "anybody"})
        assert changed.status_code == 303
        late = await client.post(f"/views/{view_id}", data={**kept_fields, **said, "key": "k-2", "name": "Later"})
        assert (late.status_code, 'value="Later"' in late.text) == (409, True)
        path = f"/views/{view_id}/remove"
        assert (await client.post(path, data=fields_of(late.text, path))).headers["location"] == "/tickets"


async def _lists(client: httpx.AsyncClient, where: str, ticket_id: str) -> bool:
    return f'href="/tickets/{ticket_id}"' in (await client.get(where)).text


async def test_many_tickets_are_acted_on_and_each_says_how_it_went(stack: EmbeddedStack, twins: Customer) -> None:
    """One that somebody has changed since its row was shown is left as it is."""
    stranger = uuid4()
    async with visitor(stack) as client:
        rows = (await client.get(f"/tickets?party_id={twins.party_id}")).text
        (version,) = re.findall(rf'name="ticket-{twins.ticket_id}" value="(\d+)"', rows)
        ticked = {f"ticket-{twins.ticket_id}": version, f"ticket-{stranger}": "1", "ticket-nobody": "1"}
        nothing = await client.post("/acts", data={**ticked, "act": ""})
        assert (nothing.status_code, "Choose what" in nothing.text) == (422, True)
        begun = await client.post("/acts", data={**ticked, "act": "resolve", "key": "k"})
        where = begun.headers["location"]

        async def over() -> bool:
            return "Stop what waits" not in (await client.get(where)).text

        await eventually(over, "the end of the act")
        shown = (await client.get(where)).text
        assert re.findall(r"<dd>(\d+)</dd>", shown) == ["1", "1", "0", "0", "0"]
        assert "It is not there, or no longer" in shown
        assert (await ask(stack, "support", f"tickets/{twins.ticket_id}"))["status"] == "resolved"
        late = await client.post("/acts", data={**ticked, "act": "spam"})
        await eventually(lambda: _says(client, late.headers["location"], "changed it meanwhile"), "the refusal")


async def _says(client: httpx.AsyncClient, where: str, text: str) -> bool:
    return text in (await client.get(where)).text


@pytest.mark.parametrize("said", ["beat", "reset"])
async def test_what_a_stream_does_not_tell_since_it_begins_later_is_looked_for(stack: EmbeddedStack, said: str) -> None:
    """A page is a moment old by then; or what it saw last is of another database."""
    customer = await serve_customer(stack)
    path = f"parties/{customer.party_id}"
    async with (
        console(stack) as (context, _),
        httpx.AsyncClient(base_url=stack.url("contacts")) as contacts,
        httpx.AsyncClient(base_url=stack.url("marketing")) as another,
    ):
        page, changed, begun = await context.new_page(), asyncio.Event(), 0

        async def find_updates() -> set[str]:
            found = await ask(stack, "contacts", f"{path}/timeline?type=party.updated")
            return {line["event_id"] for line in found["items"]}

        async def begin_once(route: Route) -> None:
            nonlocal begun
            begun += 1
            if begun > 1:
                await route.abort()
                return
            await changed.wait()
            asked: dict[str, str | int] = {"limit": 0}
            if said == "reset":
                theirs = (await another.get("/v1/changes", params=asked)).text
                asked["after"] = theirs.partition("id: ")[2].partition("\n")[0]
            told = (await contacts.get("/v1/changes", params=asked)).text
            assert re.findall("event: (.*)", told) == [said]
            await route.fulfill(content_type="text/event-stream", body=told)

        await page.route(re.compile(r"/live\?"), begin_once)
        await page.goto(f"/{path}")
        known = await find_updates()
        (await contacts.patch(f"/v1/{path}", json={"tags": ["florist"]})).raise_for_status()
        while not (new := await find_updates() - known):
            await asyncio.sleep(0.1)
        changed.set()
        await expect(page.locator(f".timeline [data-id='{new.pop()}']")).to_have_count(1, timeout=20_000)


async def test_agents_see_each_other_and_a_kept_reply_joins_what_is_written(
    stack: EmbeddedStack, ada: Customer
) -> None:
    """What one has begun to write stays when a reply is put in; whoever leaves is gone."""
    async with console(stack) as (context, complaints), console(stack, name="agent-8") as (other, _):
        page, theirs = await context.new_page(), await other.new_page()
        await page.goto(f"/tickets/{ada.ticket_id}")
        await theirs.goto(f"/tickets/{ada.ticket_id}")
        await expect(theirs.locator("#here")).to_contain_text("agent-7 looks at it")
        await page.get_by_label("Your answer").fill("First.")
        await page.get_by_label("Kept reply").select_option(ada.reply)
        await page.get_by_role("button", name="Put it in").click()
        await expect(page.get_by_label("Your answer")).to_have_value(re.compile(r"^First\.\n\nDear .+, see"))
        await expect(page.locator("#missing")).to_contain_text("The product")
        await page.reload()
        await expect(page.get_by_label("Your answer")).to_have_value(re.compile(r"^First\.\n\nDear"))
        await theirs.reload()
        await expect(theirs.locator("#here")).to_contain_text("agent-7 is writing")
        await theirs.get_by_role("button", name="Follow it").click()
        await expect(theirs.locator("section", has=theirs.locator("#followers"))).to_contain_text("agent-8")
        await page.goto("/tickets")
        await theirs.reload()
        await expect(theirs.locator("#here")).to_have_text("")
        assert complaints == []


async def test_what_else_has_to_be_done_for_a_ticket_is_given_taken_and_done(
    stack: EmbeddedStack, ada: Customer
) -> None:
    """Another agent sees it without asking; what is half typed stays meanwhile, and what was refused stands there."""
    title = f"Ask the carrier {uuid4().hex[:6]}"
    async with console(stack) as (context, complaints), console(stack, name="agent-8") as (other, _):
        page, theirs = await context.new_page(), await other.new_page()
        for each in (page, theirs):
            await each.goto(f"/tickets/{ada.ticket_id}")
            await each.get_by_text("Something else has to be done").click()
        await theirs.get_by_label("What", exact=True).fill("Half a thought")
        await page.get_by_label("What", exact=True).fill(title)
        await page.get_by_label("By whom").fill("Ada Holm")
        await page.get_by_role("button", name="Add", exact=True).click()
        await expect(page.get_by_label("By whom")).to_have_value("Ada Holm")
        await page.get_by_label("By whom").fill("")
        await page.get_by_label("Until the end of").fill("2026-03-04")
        await page.get_by_role("button", name="Add", exact=True).click()
        line = page.locator("#things-to-do li", has_text=title)
        await expect(line).to_contain_text("Nobody yet")
        mine = theirs.locator("#things-to-do li", has_text=title)
        await expect(mine).to_contain_text("Nobody yet")
        await expect(mine).to_contain_text("Overdue")
        await expect(theirs.get_by_label("What", exact=True)).to_have_value("Half a thought")
        await mine.get_by_role("button", name="I do it").click()
        await expect(line).to_contain_text("agent-8")
        today = await other.new_page()
        await today.goto("/")
        await expect(today.locator("li", has_text=title)).to_contain_text("Overdue")
        await line.get_by_role("button", name="Done").click()
        await expect(line).to_contain_text("Open it again")
        assert [each for each in complaints if "422" not in each] == []


async def test_addresses_tags_and_own_fields_are_written_beside_others(stack: EmbeddedStack) -> None:
    async with visitor(stack) as client:
        typed = {
            "kind": "organisation",
            "name": "Ada \U0001f600 \u0627\u0644\u0639\u0631\u0628\u064a\u0629",
            "email": f"{uuid4()}@mail.example",
            "tags": "b, a, b",
            "new-name": "employees",
            "new-kind": "number",
            "new-value": "1,013",
            "address-lines": "Gade 1",
            "address-city": "Aarhus",
            "address-country": "dk",
            "address-work-lines": "Havn 2\n\n3. sal",
        }
        made = await client.post("/parties/new", data=typed)
        where = made.headers["location"]
        party = await ask(stack, "contacts", where[1:])
        assert (party["custom"], party["tags"]) == ({"employees": 1013}, ["a", "b"])
        assert (party["address"]["city"], party["address"]["country"]) == ("Aarhus", "DK")
        assert party["addresses"]["work"]["lines"] == ["Havn 2", "3. sal"]
        shown = (await client.get(where)).text
        assert all(each in shown for each in (typed["name"], "Havn 2", "1013"))
        form = (await client.get(f"{where}/edit")).text
        kept = fields_of(form, "")
        assert kept["kind-employees"] == "number"
        changed = {
            **typed,
            **kept,
            "email": "",
            "custom-employees": "38.5",
            "new-name": "industry",
            "new-value": "Sails",
        }
        changed |= {"new-kind": "text", "tags": ""}
        assert (await client.post(f"{where}/edit", data=changed)).status_code == 303
        party = await ask(stack, "contacts", where[1:])
        assert (party["custom"], party["tags"]) == ({"employees": 38.5, "industry": "Sails"}, [])
        late = await client.post(f"{where}/edit", data={**changed, "key": "k-2", "tags": "late"})
        assert (late.status_code, 'value="late"' in late.text) == (409, True)
        assert re.findall('class="text">([^<]*)<', late.text)[1:] == ["late", "\u2013"], "the new own field is the same"
        wrong = {**changed, **fields_of(late.text, ""), "new-name": "nobody_knows", "address-country": "DK"}
        refused = await client.post(f"{where}/edit", data=wrong)
        assert (refused.status_code, "nobody knows</b>" in refused.text) == (422, True)
        assert 'value="nobody_knows"' in refused.text


async def test_an_identity_is_parted_given_over_and_taken_back(stack: EmbeddedStack, twins: Customer) -> None:
    path = f"/parties/{twins.party_id}/identities"
    async with visitor(stack) as client:
        kept = fields_of((await client.get(path)).text, "")
        known = (await ask(stack, "contacts", twins_path := f"parties/{twins.party_id}"))["identities"]
        one = f"identity-{known[0]['id']}"
        nothing = await client.post(path, data={**kept, "because": "why <b>"})
        assert (nothing.status_code, "Tick at least one" in nothing.text, "why &lt;b&gt;" in nothing.text) == (422,) + (
            True,
        ) * 2
        refused = await client.post(path, data={**kept, one: "1", "because": " "})
        assert (refused.status_code, "has to be filled in" in refused.text, " checked" in refused.text) == (422,) + (
            True,
        ) * 2
        given = {**kept, one: "1", "because": "a typing error", "to": f"http://x/parties/{twins.twin_id}?a=b"}
        where = (await client.post(path, data=given)).headers["location"]
        assert twins.twin_id in (await client.get(where)).text
        left = (await ask(stack, "contacts", twins_path))["identities"]
        assert known[0]["id"] not in {each["id"] for each in left}
        late = await client.post(path, data={**given, "key": "k-2"})
        assert late.status_code == 422
        undone = await client.post(f"{where}/undo", data={"because": "it was theirs"})
        assert "Taken back" in (await client.get(where)).text
        assert where[1:].rpartition("/")[2] in (await client.get(undone.headers["location"])).text
        again = (await ask(stack, "contacts", twins_path))["identities"]
        assert {each["id"] for each in again} == {each["id"] for each in known}
        assert (await client.post(f"{where}/undo", data={"because": "twice"})).status_code == 409
