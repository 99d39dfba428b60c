"""Handlers of different topics commute: however the topics interleave, the same rows and the same events."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from services.marketing.sending.channels.maildir import Maildir
from shared.engine.event import Event
from tests.integration.marketing.running import TABLES, Marketing
from tests.unit.marketing import facts
from tests.unit.marketing.facts import DAY, HOUR, NOW, definition

PARTIES = [UUID(int=number) for number in range(1, 4)]
TEXTS = {"": {"subject": "Hello {{ first_name }}", "body": "{{ products | join(', ') }}"}}
CONTENT = [
    {"template": "floral", "when": {"departments": ["FLORAL"]}, "texts": TEXTS},
    {"template": "again", "when": {"customer": "repeat"}, "texts": TEXTS},
    {"template": "plain", "texts": TEXTS},
]
CAMPAIGNS = [
    definition("thanks", steps=[{"wait": "PT6H", "content": CONTENT}, {"wait": "P2D", "content": CONTENT}]),
    definition("floral", priority=5, when={"skus": ["F-*"]}, skip={"refunded": "any", "ticket_open": True}),
    definition("news", follow_up=False, topic="news"),
]

hours = st.integers(-48, 48).map(lambda number: NOW + number * HOUR)
party = st.sampled_from(PARTIES)
happenings = st.lists(
    st.one_of(
        st.builds(
            facts.sale,
            st.sampled_from("abcdef"),
            party,
            at=hours,
            version=st.integers(1, 2),
            skus=st.sampled_from([("F-1",), ("G-1",), ("G-1", "F-1")]),
        ),
        st.builds(facts.refund, st.sampled_from("abcdef"), party, at=hours, minor=st.sampled_from([1, 12_995])),
        st.builds(facts.consent, party, given=st.booleans(), at=hours, topic=st.sampled_from([None, "news"])),
        st.builds(facts.described, party, version=st.integers(1, 3), email=st.sampled_from([None, "new@example.com"])),
        st.builds(facts.erased, party),
        st.builds(facts.ticket_opened, party, at=hours),
        st.builds(facts.ticket_closed, party, at=hours),
        st.builds(facts.answered, st.integers(1, 5), party, sale_id=st.sampled_from(["a", "b", None]), at=hours),
        st.builds(facts.product, st.sampled_from(["F-1", "G-1"]), st.sampled_from(["FLORAL", "GROCERY"])),
    ),
    min_size=1,
    max_size=25,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mail")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=happenings, data=st.data())
async def test_any_interleaving_of_topics_ends_the_same(
    dsn: str, folder: Path, events: list[Event[Any]], data: st.DataObject
) -> None:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=3) as pool:
        marketing = Marketing(pool, dsn)
        plain = await outcome(marketing, folder, [events])
        assert await outcome(marketing, folder, batches(interleaved(events, data), data)) == plain


def interleaved(events: Sequence[Event[Any]], data: st.DataObject) -> list[Event[Any]]:
    """Another order that keeps that of each topic."""
    topics = data.draw(st.permutations([event.topic for event in events]))
    waiting = {topic: iter([event for event in events if event.topic == topic]) for topic in topics}
    return [next(waiting[topic]) for topic in topics]


def batches(events: list[Event[Any]], data: st.DataObject) -> list[list[Event[Any]]]:
    cuts = sorted(data.draw(st.sets(st.integers(1, len(events)), max_size=4)))
    return [events[start:end] for start, end in zip([0, *cuts], [*cuts, len(events)], strict=True) if start < end]


async def outcome(marketing: Marketing, folder: Path, heard: list[list[Event[Any]]]) -> tuple[Any, ...]:
    """Everything that marketing knows and says after these batches and five days."""
    await marketing.clear()
    marketing.now = NOW
    await marketing.publish(*CAMPAIGNS)
    for batch in heard:
        await marketing.heard(*batch)
    await marketing.pass_time(NOW + 5 * DAY)
    async with marketing.sender(Maildir(folder, 500)) as sender:
        await sender.send_batch()
    rows = [
        await marketing.rows(f"select to_jsonb(t) as row from {table} t order by to_jsonb(t)::text")
        for table in TABLES
        if table != "campaign"
    ]
    told = sorted(f"{kind} {data}" for kind, data in await marketing.published())
    letters = {file.name: file.read_bytes() for file in (folder / "new").iterdir()}
    for file in (folder / "new").iterdir():
        file.unlink()
    assert (
        await marketing.rows("select * from follow_up_audit(null, null) where outcome in ('missing', 'double')")
    ) == []
    return rows, told, letters
