"""Warnings on a real database: raised once at a cut, cleared by what comes, worst first over HTTP."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import httpx
import pytest

from services.forecasting.fitting import works
from services.forecasting.fitting.process import Run
from services.forecasting.jobs.worker import Jobs
from services.forecasting.settings import ForecastingSettings
from services.forecasting.subscriptions import recovery
from shared.events.insights import WarningCleared, WarningRaised
from shared.ids import derived_id
from tests.integration.forecasting.running import Forecasting, get, here, repeat
from tests.unit.forecasting.facts import ADA, BO, chosen, disputed, event, product, sale

FIRST, CUT = date(2025, 9, 1), date(2025, 12, 29)
SETTINGS = ForecastingSettings(refit_every=timedelta(days=28), backtests=0)
Told = list[tuple[str, str, dict[str, Any]]]


async def _run(work: Any, *arguments: Any) -> Any:
    """The models in this process, but outlooks by the last week, which takes no time."""
    return await (repeat if work is works.make_outlooks else here)(work, *arguments)


run = cast("Run", _run)


@pytest.fixture
def jobs() -> Jobs:
    return Jobs(SETTINGS, run)


async def pass_by(forecasting: Forecasting, jobs: Jobs, day: date) -> Told:
    """What is told of warnings from now on until the day has passed everywhere."""
    await forecasting.pool.execute("delete from outbox")
    forecasting.now = forecasting.counted = datetime(day.year, day.month, day.day, tzinfo=UTC)
    await jobs.step(forecasting)
    await jobs.step(forecasting)
    return [one for one in await forecasting.published_by_key() if one[0].startswith("warning.")]


async def buy(forecasting: Forecasting, until: date) -> None:
    days = [(FIRST + timedelta(days=day)).isoformat() for day in range(0, (until - FIRST).days, 4)]
    await forecasting.heard(*(sale(f"ada-{day}", day, ("A", 1, 500)) for day in days))


async def goes_on(forecasting: Forecasting) -> None:
    days = [(FIRST + timedelta(days=day)).isoformat() for day in range(0, 180, 4)]
    await forecasting.heard(*(sale(f"bo-{day}", day, ("A", 1, 500), party=BO) for day in days))


async def test_a_silence_is_told_once_and_ends_with_the_next_purchase(
    forecasting: Forecasting, jobs: Jobs, http: httpx.AsyncClient
) -> None:
    await goes_on(forecasting)
    await buy(forecasting, CUT - timedelta(days=25))

    raised = await pass_by(forecasting, jobs, CUT)
    assert await pass_by(forecasting, jobs, CUT + timedelta(days=3)) == []

    ((type_, key, data),) = raised
    assert (type_, key, data["kind"], data["party_id"]) == ("warning.raised", str(ADA), "silence", str(ADA))
    given = {part["input"]: part["value"] for part in data["contributions"]}
    assert given["days_since_last_purchase"] == 27
    assert given["days_between_purchases"] == pytest.approx(4, abs=0.1)
    (shown,) = (await get(http, "/v1/warnings", kind="silence"))["items"]
    assert (shown["warning_id"], shown["state"], shown["model"]) == (data["warning_id"], "open", "rhythm/1")

    await forecasting.heard(sale("back", "2026-01-02", ("A", 1, 500)))
    cleared = await pass_by(forecasting, jobs, date(2026, 1, 3))
    assert [(type_, data["because"]) for type_, _, data in cleared] == [("warning.cleared", "bought")]
    assert (await get(http, "/v1/warnings"))["items"] == []
    (over,) = (await get(http, "/v1/warnings", state="cleared"))["items"]
    assert over["because"] == "bought"


async def test_a_silence_that_lasts_came_true_and_is_not_told_again(forecasting: Forecasting, jobs: Jobs) -> None:
    await goes_on(forecasting)
    await buy(forecasting, CUT - timedelta(days=25))
    await pass_by(forecasting, jobs, CUT)

    ended = await pass_by(forecasting, jobs, CUT + timedelta(days=28))
    assert [(type_, data["because"], data["lead_days"]) for type_, _, data in ended] == [
        ("warning.cleared", "came_true", 56 - 27)
    ]
    await forecasting.pool.execute("update job set scored = false")
    assert await pass_by(forecasting, jobs, CUT + timedelta(days=29)) == []


async def test_a_stop_amid_the_warnings_of_a_cut_raises_nothing_twice(forecasting: Forecasting, jobs: Jobs) -> None:
    await goes_on(forecasting)
    await buy(forecasting, CUT - timedelta(days=25))
    assert len(await pass_by(forecasting, jobs, CUT)) == 1

    await forecasting.pool.execute("update job set scored = false, after = null")
    assert await pass_by(forecasting, Jobs(SETTINGS, run), CUT + timedelta(days=1)) == []


async def test_less_use_is_told_and_ends_when_it_comes_back(forecasting: Forecasting, jobs: Jobs) -> None:
    await buy(forecasting, CUT)
    days = [(CUT - timedelta(days=30 + back)).isoformat() for back in range(60)]
    await forecasting.heard(*(chosen(f"c-{day}", day) for day in days))

    ((_, key, data),) = await pass_by(forecasting, jobs, CUT)
    assert (key, data["kind"]) == (str(ADA), "usage_drop")

    await forecasting.heard(*(chosen(f"once-{n}", "2026-01-01") for n in range(12)))
    assert await pass_by(forecasting, jobs, date(2026, 1, 2)) == []
    await forecasting.heard(
        *(chosen(f"again-{n}", (date(2026, 1, 2) + timedelta(days=n)).isoformat()) for n in range(9))
    )
    ((type_, _, over),) = await pass_by(forecasting, jobs, date(2026, 1, 12))
    assert (type_, over["warning_id"], over["because"]) == ("warning.cleared", data["warning_id"], "used_again")


async def test_three_disputes_at_once_are_a_cluster_until_they_are_over(forecasting: Forecasting, jobs: Jobs) -> None:
    await forecasting.heard(disputed("d-1", "2025-12-01"), disputed("d-2", "2025-12-02"))
    assert await pass_by(forecasting, jobs, date(2025, 12, 3)) == []

    await forecasting.heard(disputed("d-3", "2025-12-03"), disputed("d-4", "2025-12-03", party=BO))
    ((_, key, data),) = await pass_by(forecasting, jobs, date(2025, 12, 4))
    assert (key, data["kind"], data["contributions"][0]["value"]) == (str(ADA), "dispute_cluster", 3.0)

    await forecasting.heard(disputed("d-1", "2025-12-05", closed=True))
    assert await pass_by(forecasting, jobs, date(2025, 12, 6)) == []
    await forecasting.heard(disputed("d-2", "2025-12-06", closed=True))
    ((type_, _, over),) = await pass_by(forecasting, jobs, date(2025, 12, 7))
    assert (type_, over["because"]) == ("warning.cleared", "over")


async def test_a_missed_forecast_is_told_of_its_series_and_ends_when_the_next_one_holds(
    forecasting: Forecasting, jobs: Jobs
) -> None:
    await forecasting.heard(product("A", "TOYS"))
    await goes_on(forecasting)
    await pass_by(forecasting, jobs, date(2025, 12, 1))
    weeks = [(date(2025, 12, 2) + timedelta(weeks=week)).isoformat() for week in range(8)]
    more = [sale(f"more-{day}-{n}", day, ("A", 9, 500)) for day in weeks for n in range(9)]
    await forecasting.heard(*more)

    told = await pass_by(forecasting, jobs, CUT)
    missed = [(key, data) for _, key, data in told if data["kind"] == "forecast_missed"]
    ((key, data),) = missed
    assert key == data["about"]
    assert data["party_id"] is None
    given = {part["input"]: part["value"] for part in data["contributions"]}
    assert given["came"] > given["hi95"] > given["forecast"]

    again = await pass_by(forecasting, jobs, CUT + timedelta(days=28))
    assert [data["because"] for type_, _, data in again if type_ == "warning.cleared"][:1] == ["over"]


@pytest.mark.parametrize(
    ("days", "goes_on", "missed", "expected"),
    [
        (7, False, 0, 3500),
        (5, False, 0, 3500),
        (1, False, 0, 3500),
        (0, False, 0, 3500),
        (1, True, 1, 500),  # sales after it say that there were no more
    ],
)
async def test_a_week_of_which_not_all_sales_came_is_neither_compared_nor_learnt_from(
    forecasting: Forecasting, days: int, missed: int, expected: int, *, goes_on: bool
) -> None:
    begin = CUT - timedelta(days=7)
    sold = [*range((begin - FIRST).days + days), *([(CUT - FIRST).days] if goes_on else [])]
    jobs = Jobs(SETTINGS.model_copy(update={"refit_every": timedelta(days=7)}), run)
    await forecasting.heard(product("A", "TOYS"))
    for one in sold:
        await forecasting.heard(sale(f"d-{one}", (FIRST + timedelta(days=one)).isoformat(), ("A", 1, 500), party=BO))
    await pass_by(forecasting, jobs, begin - timedelta(days=7))

    told = await pass_by(forecasting, jobs, CUT)

    assert len([data for _, _, data in told if data["kind"] == "forecast_missed"]) == missed
    rows = await forecasting.rows("select points -> 0 -> 'mean' as mean from forecast where cut = $1", CUT)
    assert [float(row["mean"]) for row in rows] == [expected]


async def test_products_out_of_their_band_are_told_by_sku(forecasting: Forecasting, jobs: Jobs) -> None:
    rng = random.Random(4)
    for week in range(16):
        day = (FIRST + timedelta(weeks=week)).isoformat()
        lines = [(f"p-{n}", 20 + rng.randint(0, 6), 100) for n in range(12)]
        lines += [("gone", 40 if week < 15 else 1, 100)]
        await forecasting.heard(sale(f"w-{week}", day, *lines, party=BO))
    cut = FIRST + timedelta(weeks=16)
    jobs = Jobs(SETTINGS.model_copy(update={"refit_every": timedelta(days=7)}), run)

    told = await pass_by(forecasting, jobs, cut)
    unusual = [(data["sku"], key) for _, key, data in told if data["kind"] == "demand_unusual"]
    assert unusual == [("gone", "units:product:gone:week")]


async def test_warnings_are_listed_worst_first_page_by_page(forecasting: Forecasting, http: httpx.AsyncClient) -> None:
    await forecasting.pool.executemany(
        "insert into warning (warning_id, kind, about, severity, as_of, evidence, raised_at)"
        " values ($1, 'churn', $2, $3, '2026-01-05', '[]', now())",
        [(derived_id("w", n), str(n), (n % 4) / 4) for n in range(9)],
    )
    listed: list[tuple[float, str]] = []
    cursor = None
    while cursor or not listed:
        page = await get(http, "/v1/warnings", limit=2, **({"cursor": cursor} if cursor else {}))
        listed += [(one["severity"], one["warning_id"]) for one in page["items"]]
        cursor = page["next_cursor"]
    assert listed == sorted(listed, key=lambda one: (-one[0], one[1]))
    assert len(listed) == 9
    assert (await http.get("/v1/warnings", params={"kind": "gossip"})).status_code == 422


async def test_after_a_restore_warnings_stand_as_the_topic_tells_them(forecasting: Forecasting) -> None:
    now = datetime(2026, 1, 5, tzinfo=UTC)
    raised = [
        WarningRaised(
            warning_id=derived_id("w", n),
            kind="silence",
            about=str(ADA) if n else str(BO),
            severity=0.9,
            as_of=now,
            contributions=[],
            recorded_at=now,
            party_id=ADA if n else BO,
        )
        for n in range(2)
    ]
    over = WarningCleared(
        warning_id=raised[0].warning_id, kind="silence", about=str(BO), because="bought", recorded_at=now, party_id=BO
    )
    told = [event("crm.insights", data, now, data) for data in (*raised, over)]

    for _ in range(2):
        await forecasting.hear(recovery.subscription, told)

    rows = await forecasting.rows("select warning_id, state, because from warning order by state")
    assert [tuple(row.values()) for row in rows] == [
        (raised[0].warning_id, "cleared", "bought"),
        (raised[1].warning_id, "open", None),
    ]
