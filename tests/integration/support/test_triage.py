"""Triage on a real Postgres: the models' life, tickets that are triaged, corrected and learned from."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.support.categories import seeds_of
from services.support.fitting import Fitted, Known, Order, carry_out
from services.support.reasons import text_of
from services.support.semantic import VECTORS
from services.support.settings import Context, SupportSettings
from services.support.triage import store
from services.support.triage.worker import MADE_BY, Learning, fit_apart
from shared.errors import Transient
from shared.events.insights import ScoreComputed
from shared.events.reasons import CodedReason
from shared.events.tickets import TicketOpened, TicketResolved
from shared.ids import derived_id
from tests.events import decoded
from tests.integration.running import NOW
from tests.integration.support.running import Support
from tests.unit.support.builders import erased, party_id, requested

A = derived_id("ticket", "a")
SETTINGS = SupportSettings(retrain_after=3, shadow_cases=2)


async def fit_here(order: Order) -> Fitted:
    return carry_out(order)


def learning(support: Support, settings: SupportSettings = SETTINGS) -> Learning:
    context = support.context
    assert isinstance(context, Context)
    return Learning(settings, context, fit_here)


async def opened(support: Support, *names: str, body: str = "My parcel has not arrived", party: int = 1) -> None:
    """Requests, the tickets that they open, and what is said of those on the topic."""
    requests = [requested(party, event_id=name, subject="Help", body=body) for name in names]
    await support.heard(*requests)
    await support.triaged(
        *(_told(TicketOpened, name, party, number=1, channel="email", has_text=True) for name in names)
    )


def _told(model: type[Any], name: str, party: int = 1, **fields: Any) -> Any:
    ticket = derived_id("ticket", name)
    data = model(ticket_id=ticket, party_id=party_id(party), request_event_id=name, recorded_at=NOW, **fields)
    kind = "opened" if model is TicketOpened else "resolved"
    return decoded(
        "crm.tickets", f"crm.ticket.{kind}.v1", data, key=str(party_id(party)), at=NOW, now=NOW, id_=f"{kind}-{name}"
    )


async def test_before_there_is_a_model_tickets_wait(support: Support) -> None:
    with pytest.raises(Transient):
        await opened(support, "a")


async def test_a_ticket_is_triaged_once_with_reasons_that_stay_here(http: httpx.AsyncClient, support: Support) -> None:
    await learning(support).step(support)
    await opened(support, "a")
    await support.triaged(_told(TicketOpened, "a", number=1, channel="email", has_text=True))
    told = [data for kind, data in await support.published() if kind == "ticket.triaged"]
    assert [(each["category"], each["priority"], each["model_version"]) for each in told] == [("delivery", "normal", 1)]
    assert "parcel" not in repr(told)
    shown = (await http.get(f"/v1/tickets/{A}")).json()["triage"]
    assert shown["skills"] == ["orders", "language:en"]
    assert "parcel" in shown["reasons"][0]
    assert shown["reasons"] == [text_of(CodedReason(**each)) for each in shown["because"]]
    assert shown["because"][0]["values"]["category"] == "delivery"
    await support.heard(erased())
    left = (await http.get(f"/v1/tickets/{A}")).json()["triage"]
    assert (left["reasons"], left["because"]) == ([], [])


async def test_a_request_without_words_or_like_nothing_known_is_left_to_people(support: Support) -> None:
    await learning(support).step(support)
    await support.heard(requested(event_id="a", subject="", body=" "), requested(event_id="b", body="qwfp xyzzy"))
    await support.triaged(*(_told(TicketOpened, name, number=1, channel="email", has_text=True) for name in "ab"))
    told = [data for kind, data in await support.published() if kind == "ticket.triaged"]
    assert [each.get("category") for each in told] == [None, None]


async def test_what_a_customer_is_worth_raises_the_priority(support: Support) -> None:
    await learning(support).step(support)
    for name, at in (("weekly", NOW), ("rare", NOW - timedelta(days=7))):
        score = ScoreComputed(
            party_id=party_id(1), score="expected_purchases_28d", value=5.0, band=name, model="m", as_of=at,
            contributions=[], recorded_at=NOW,
        )  # fmt: skip
        await support.triaged(
            decoded("crm.insights", "crm.score.computed.v1", score, key=str(party_id(1)), at=at, now=NOW)
        )
    await opened(support, "a")
    await opened(support, "b", party=2)
    told = [data["priority"] for kind, data in await support.published() if kind == "ticket.triaged"]
    assert told == ["high", "normal"]


async def test_a_correction_is_published_and_learned_from(http: httpx.AsyncClient, support: Support) -> None:
    await learning(support).step(support)
    await opened(support, "a")
    path = f"/v1/tickets/{A}/triage"
    assert (await http.post(path, json={"category": "nonsense", "agent": "staff-12"})).status_code == 422
    answer = await http.post(path, json={"category": "refund", "urgency": "high", "agent": "staff-12"})
    assert (answer.status_code, answer.json()["category"], answer.json()["priority"]) == (200, "refund", "high")
    assert answer.json()["skills"] == ["payments", "language:en"]
    (_, told) = (await support.published())[-1]
    assert (told["category"], told["agent"], told["model_version"]) == ("refund", "staff-12", 1)
    await support.triaged(_told(TicketResolved, "a"))
    assert await support.rows("select category, corrected from triage_example") == [
        {"category": "refund", "corrected": True}
    ]
    await http.post(path, json={"category": None, "agent": "staff-12"})
    assert await support.rows("select 1 from triage_example") == []


async def test_a_new_model_is_tried_out_in_shadow_before_it_answers(http: httpx.AsyncClient, support: Support) -> None:
    await learning(support).step(support)
    await opened(support, *"abc")
    await support.triaged(*(_told(TicketResolved, name) for name in "abc"))
    await learning(support).step(support)
    states = {each["version"]: each["state"] for each in (await http.get("/v1/triage/models")).json()["items"]}
    assert states == {1: "live", 2: "shadow"}
    await opened(support, "d", "e")
    assert [each["model"] for each in await support.rows("select model from triage")] == [1] * 5
    await support.triaged(_told(TicketResolved, "d"))
    await learning(support).step(support)
    assert await support.rows("select version from triage_model where state = 'live'") == [{"version": 1}]
    await support.triaged(_told(TicketResolved, "e"))
    await learning(support).step(support)
    shown = {each["version"]: each for each in (await http.get("/v1/triage/models")).json()["items"]}
    assert (shown[1]["state"], shown[2]["state"]) == ("retired", "live")
    assert (shown[1]["cases"], shown[1]["hits"], shown[2]["cases"]) == (5, 5, 2)
    await opened(support, "f")
    assert (await support.rows("select model from triage order by decided_at, ticket_id"))[-1]["model"] in {1, 2}
    assert {row["model"] for row in await support.rows("select model from triage_guess")} == {1, 2}


async def test_of_two_instances_that_train_at_once_one_adds_the_version(support: Support) -> None:
    await asyncio.gather(learning(support).step(support), learning(support).step(support))
    assert await support.rows("select version, state from triage_model") == [{"version": 1, "state": "live"}]


async def test_other_categories_are_in_force_at_once(support: Support) -> None:
    await learning(support).step(support)
    context = support.context
    assert isinstance(context, Context)
    fewer = {name: each for name, each in context.categories.items() if name != "refund"}
    await Learning(SETTINGS, replace(context, categories=fewer), fit_here).step(support)
    assert await support.rows("select version from triage_model where state = 'live'") == [{"version": 2}]


async def test_training_happens_in_a_process_of_its_own(support: Support) -> None:
    context = support.context
    assert isinstance(context, Context)
    order = Order(examples=[Known(text=each.text, category=each.category) for each in seeds_of(context.categories)])
    assert await fit_apart(order) == await fit_here(order)


async def test_sentence_vectors_are_made_once_and_go_with_their_texts(
    http: httpx.AsyncClient, support: Support
) -> None:
    """Everything but the extra itself, whose vectors unit tests look at: here a fit says what it was asked for."""
    orders: list[Order] = []

    async def fit_with_vectors(order: Order) -> Fitted:
        orders.append(order)
        made = [each.text.encode() for each in order.examples if each.vector is None]
        words = order.model_copy(update={"semantic": False})
        return Fitted(model=carry_out(words).model, vectors=made if order.semantic else [])

    context = support.context
    assert isinstance(context, Context)
    semantic = SETTINGS.model_copy(update={"semantic": True})
    await learning(support).step(support)
    await opened(support, *"ab")
    await opened(support, "c", party=2)
    await support.triaged(*(_told(TicketResolved, name) for name in "abc"))
    await Learning(semantic, context, fit_with_vectors).step(support)
    kept = await support.rows("select made_by, vector from triage_vector")
    assert kept == [{"made_by": MADE_BY, "vector": b"Help\nMy parcel has not arrived"}] * 3
    models = (await http.get("/v1/triage/models")).json()["items"]
    assert [(each["version"], each["state"], each["features"]) for each in models] == [
        (2, "live", f"words and sentences ({VECTORS})"),
        (1, "retired", "words"),
    ]
    await support.pool.execute("update triage_model set features = 'other'")
    await support.heard(erased(2))
    assert len(await support.rows("select 1 from triage_vector")) == 2
    await Learning(semantic, context, fit_with_vectors).step(support)
    assert [each.vector is None for each in orders[-1].examples[-2:]] == [False, False]
    assert len([each for each in orders[-1].examples if each.text.startswith("Help")]) == 2
    async with support.transaction() as tx:
        await store.save_vectors(tx, [(derived_id("ticket", "c"), b"late")], MADE_BY)
    assert len(await support.rows("select 1 from triage_vector")) == 2


async def test_models_learn_from_what_answers_read(support: Support) -> None:
    orders: list[Order] = []

    async def noted(order: Order) -> Fitted:
        orders.append(order)
        made = [each.text.encode() for each in order.examples if each.vector is None]
        return Fitted(model=carry_out(order.model_copy(update={"semantic": False})).model, vectors=made)

    await learning(support).step(support)
    answer = "My parcel is late\n\nOn 3 May 2026, Shop wrote:\n> Your invoice is due\n"
    await opened(support, "a", body=answer)
    await opened(support, "b", body="My parcel is lost\n-- \nInvoices Ltd")
    await opened(support, "c", body="> My parcel\n> is quoted alone")
    await support.pool.execute("update ticket set subject = null where id = $1", derived_id("ticket", "b"))
    await support.triaged(*(_told(TicketResolved, name) for name in "abc"))
    await support.pool.execute(
        "insert into triage_vector (ticket_id, made_by, vector) values ($1, $2, 'of the whole text')", A, VECTORS
    )
    context = support.context
    assert isinstance(context, Context)
    await Learning(SETTINGS.model_copy(update={"semantic": True}), context, noted).step(support)
    async with support.read() as tx:
        asked = {each.text for each in await store.load_texts(tx, [derived_id("ticket", name) for name in "abc"])}
    assert asked == {"Help\nMy parcel is late", "My parcel is lost", "Help\n> My parcel\n> is quoted alone"}
    assert {each.text for each in orders[-1].examples[-3:]} == asked
    assert all(each.vector is None for each in orders[-1].examples[-3:])
    kept = await support.rows("select made_by, vector from triage_vector where ticket_id = $1", A)
    assert kept == [{"made_by": MADE_BY, "vector": b"Help\nMy parcel is late"}]


async def test_what_models_said_is_read_only_to_judge_a_shadow(http: httpx.AsyncClient, support: Support) -> None:
    """Workers ask for the models every few seconds, and guesses grow with every ticket."""
    await learning(support).step(support)
    await opened(support, "a")
    for version in (2, 3):
        await support.pool.execute("update triage_model set features = 'other'")
        await learning(support).step(support)
        assert (await http.get("/v1/triage/models")).json()["items"][0]["version"] == version
    async with support.pool.acquire() as other, other.transaction():
        await other.execute("lock table triage_guess in access exclusive mode")
        async with asyncio.timeout(60):  # whoever read a guess would wait for the lock for ever
            await learning(support).step(support)
            async with support.read() as tx:
                found = await store.find_versions(tx)
    assert [(each.version, each.state) for each in found] == [(3, "live")]
    await support.pool.execute("update triage_model set state = 'retired'")
    async with support.read() as tx:
        assert [each.version for each in await store.find_versions(tx)] == [3]
    await support.triaged(_told(TicketResolved, "a"))
    shown = (await http.get("/v1/triage/models")).json()["items"]
    assert [(each["version"], each["cases"], each["hits"]) for each in shown] == [(3, 0, 0), (2, 0, 0), (1, 1, 1)]


async def test_a_text_is_answered_without_a_ticket(http: httpx.AsyncClient, support: Support) -> None:
    await learning(support).step(support)
    answer = await http.post("/v1/triage/answers", json={"text": "Hvor er min pakke? Det haster!"})
    assert (answer.status_code, answer.json()["category"], answer.json()["urgency"]) == (200, "delivery", "high")
    names = {each["name"] for each in (await http.get("/v1/triage/categories")).json()["items"]}
    assert "delivery" in names
    assert await support.rows("select 1 from ticket") == []


async def test_a_model_is_due_after_what_became_known_or_was_corrected_since_the_last(support: Support) -> None:
    await learning(support).step(support)
    await opened(support, *"abcd")
    await support.triaged(*(_told(TicketResolved, name) for name in "abcd"))
    async with support.transaction() as tx:
        examples, learned = await store.count_examples(tx)
        assert (examples, await store.count_new_examples(tx, learned, 50)) == (4, 0)
        assert [await store.count_new_examples(tx, 0, limit) for limit in (3, 50)] == [3, 4]
        await store.save_corrected_example(tx, A, "refund", NOW)
        await store.drop_example(tx, derived_id("ticket", "b"))
        assert (await store.count_new_examples(tx, learned, 50), (await store.count_examples(tx))[0]) == (1, 3)


async def test_models_come_in_pages(http: httpx.AsyncClient, support: Support) -> None:
    for _ in range(3):
        await learning(support).step(support)
        await support.pool.execute("update triage_model set features = 'other'")
    first = (await http.get("/v1/triage/models?limit=2")).json()
    rest = (await http.get(f"/v1/triage/models?limit=2&cursor={first['next_cursor']}")).json()
    assert [[each["version"] for each in page["items"]] for page in (first, rest)] == [[3, 2], [1]]
    assert rest["next_cursor"] is None
