from random import Random

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from shared.ids import derived_id
from tests.integration.support.running import Support
from tests.unit.support.builders import described, erased, party_id, requested


async def test_a_request_becomes_one_ticket_with_its_event(support: Support) -> None:
    await support.heard(requested(event_id="a", thread="<m1>"))
    (ticket,) = await support.rows("select * from ticket")
    assert ticket["id"] == derived_id("ticket", "a")
    assert (ticket["status"], ticket["version"], ticket["body"]) == ("new", 1, "It is dark.")
    ((kind, data),) = await support.published()
    assert kind == "ticket.opened"
    assert data["ticket_id"] == str(ticket["id"])
    assert data["number"] == ticket["number"]
    assert data["request_event_id"] == "a"


async def test_a_request_handled_twice_stays_one_ticket_and_one_event(support: Support) -> None:
    await support.heard(requested(event_id="a"))
    await support.heard(requested(event_id="a"))
    assert len(await support.rows("select 1 from ticket")) == 1
    assert len(await support.published()) == 1


async def test_a_message_joins_its_ticket_over_batches(support: Support) -> None:
    await support.heard(requested(event_id="a", thread="<m1>"))
    await support.heard(requested(party=2, event_id="b", in_reply_to="<m1>"))
    await support.heard(requested(event_id="c", in_reply_to="<m1>"))
    assert [row["request_event_id"] for row in await support.rows("select * from ticket order by number")] == ["a", "b"]
    assert [row["message_event_id"] for row in await support.rows("select * from reply")] == ["c"]
    await support.heard(requested(event_id="c", in_reply_to="<m1>"))
    assert [kind for kind, _ in await support.published()] == ["ticket.opened", "ticket.opened", "ticket.replied"]


async def test_erasing_a_customer_takes_the_texts_and_leaves_the_ticket(support: Support) -> None:
    await support.heard(described(), requested(event_id="a"), requested(party=2, event_id="b"))
    await support.heard(erased())
    rows = await support.rows("select party_id, subject, body from ticket order by number")
    assert [(row["party_id"], row["subject"], row["body"]) for row in rows] == [
        (party_id(1), None, None),
        (party_id(2), "Lamp", "It is dark."),
    ]
    assert (await support.rows("select name from party where id = $1", party_id(1))) == [{"name": None}]


@pytest.mark.parametrize("late", [False, True], ids=["before the erasure", "after it"])
async def test_messages_of_an_erased_customer_are_recognised_by_names_that_nobody_reads(
    support: Support, *, late: bool
) -> None:
    first = [requested(event_id="a", thread="<m1@ada.example>", in_reply_to="<m0@ada.example>")]
    first.append(requested(event_id="b", thread="<m2@ada.example>", in_reply_to="<m1@ada.example>"))
    await support.heard(described())
    for event in first if not late else ():
        await support.heard(event)
    await support.heard(erased(), erased())
    for event in first if late else ():
        await support.heard(event)
    await support.heard(requested(event_id="c", thread="<m3@ada.example>", in_reply_to="<m2@ada.example>"))
    await support.heard(requested(event_id="d", in_reply_to="<m3@ada.example>"))
    await support.heard(requested(party=2, event_id="e", in_reply_to="<m3@ada.example>"))
    assert [row["request_event_id"] for row in await support.rows("select * from ticket order by number")] == ["a", "e"]
    kept = await support.rows("select reference from ticket_reference where party_id = $1", party_id(1))
    assert len(kept) == 3
    kept += await support.rows("select thread, in_reply_to from ticket where party_id = $1", party_id(1))
    kept += await support.rows("select reference from reply")
    assert "ada.example" not in repr(kept)


async def test_no_text_and_no_name_leaves_on_the_topic(support: Support) -> None:
    await support.heard(described(name="Ada Holm"), requested(subject="Lamp of Ada", body="It is dark."))
    rows = await support.rows("select * from outbox")
    assert "Ada" not in repr(rows)
    assert "dark" not in repr(rows)


parties = st.lists(
    st.one_of(st.builds(described, st.integers(1, 2), version=st.integers(1, 3)), st.builds(erased, st.integers(1, 2))),
    max_size=4,
)
names = st.sampled_from([None, "<m1>", "<m2>"])
asks = st.lists(st.builds(requested, st.integers(1, 2), thread=names, in_reply_to=names), min_size=1, max_size=4)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parties, asks, st.randoms(use_true_random=False))
async def test_any_interleaving_of_topics_gives_the_same_rows(
    support: Support, parties: list[object], asks: list[object], random: Random
) -> None:
    """Parties before, after or between requests, in batches cut anywhere: the same tickets, links and texts."""
    for number, event in enumerate(asks):
        event.id = f"request-{number}"  # type: ignore[attr-defined]
    await support.clear()
    await support.heard(*parties, *asks)
    expected = await _everything(support)
    await support.clear()
    for batch in _interleaved(parties, asks, random):
        await support.heard(*batch)
    assert await _everything(support) == expected


async def _everything(support: Support) -> list[list[dict[str, object]]]:
    """All rows by natural ids; ticket numbers go on counting and are left out."""
    columns = "id, party_id, request_event_id, subject, body, thread, in_reply_to, follows, status, version"
    return [
        await support.rows("select * from party order by id"),
        await support.rows(f"select {columns} from ticket order by id"),
        await support.rows("select ticket_id, author, subject, body, message_event_id from reply order by id"),
        # What an erasure confirms is what stood by then, which the order decides.
        await support.rows(
            "select convert_from(payload, 'utf8')::jsonb - 'number' from outbox"
            " where type <> 'crm.erasure.confirmed.v1' order by id"
        ),
    ]


def _interleaved(parties: list[object], asks: list[object], random: Random) -> list[list[object]]:
    """Both in their own order, merged and cut at random."""
    left, right = list(parties), list(asks)
    batches: list[list[object]] = [[]]
    while left or right:
        source = left if not right or (left and random.random() < 0.5) else right
        batches[-1].append(source.pop(0))
        if random.random() < 0.5:
            batches.append([])
    return [batch for batch in batches if batch]
