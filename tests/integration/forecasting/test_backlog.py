"""Support's backlog: raised once when a day is over, cleared once it is what is usual again."""

from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from services.forecasting.jobs.warnings import Settling
from tests.integration.forecasting.running import Forecasting, get
from tests.unit.forecasting.facts import changed, ticket

FIRST = date(2026, 1, 5)


async def day_after(forecasting: Forecasting, *settling: Settling, day: date) -> None:
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=1)
    for one in settling:
        await one.step(forecasting, at)


def names(day: date, count: int) -> list[str]:
    return [f"t-{day}-{n}" for n in range(count)]


async def week_of(forecasting: Forecasting, *settling: Settling, day: date, open_: int, met: int) -> None:
    """So many tickets are opened on the day, and so many of them met."""
    await forecasting.heard(*(ticket(name, str(day)) for name in names(day, open_)))
    if met:
        await forecasting.heard(
            *(changed(one, str(day), "new", "resolved", n) for n, one in enumerate(names(day, met)))
        )
    await day_after(forecasting, *settling, day=day + timedelta(days=1))


async def test_a_backlog_is_told_once_and_over_once(forecasting: Forecasting, http: httpx.AsyncClient) -> None:
    """By two instances that look at it, and one that begins anew."""
    one, other = Settling(), Settling()
    for week in range(5):
        await week_of(forecasting, one, other, day=FIRST + timedelta(weeks=week), open_=3, met=3)
    day = FIRST + timedelta(weeks=5)
    await week_of(forecasting, one, other, day=day, open_=20, met=0)
    assert await forecasting.published() == []
    await day_after(forecasting, one, other, Settling(), day=day + timedelta(days=2))

    told = await forecasting.published_by_key()
    assert [(type_, key, data["kind"]) for type_, key, data in told] == [("warning.raised", "tickets:open", "backlog")]
    (listed,) = (await get(http, "/v1/warnings", kind="backlog"))["items"]
    assert {part["input"]: part["value"] for part in listed["evidence"]}["open_tickets"] == 20

    day += timedelta(days=3)
    await forecasting.heard(*(changed(name, str(day), "new", "closed") for name in names(day - timedelta(days=3), 18)))
    await day_after(forecasting, one, other, day=day)
    assert len(await forecasting.published()) == 1  # the day is not over
    await day_after(forecasting, one, other, Settling(), day=day + timedelta(days=1))

    assert [(type_, data.get("because")) for type_, data in await forecasting.published()][1:] == [
        ("warning.cleared", "over")
    ]


@pytest.mark.parametrize("known", [0, 1])
async def test_without_tickets_nothing_is_told(forecasting: Forecasting, known: int) -> None:
    await forecasting.heard(*(ticket(f"t-{n}", "2026-03-02") for n in range(known)))
    await day_after(forecasting, Settling(), day=date(2026, 3, 9))
    assert await forecasting.published() == []
