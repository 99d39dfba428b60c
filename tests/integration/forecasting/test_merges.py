"""Parties that were found to be one: asked about either, what is known of both is told, until the merge is undone."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.engine.event import Event
from shared.events.contacts import PartyMerged, PartyUnmerged
from shared.ids import derived_id
from tests.integration.forecasting.running import Forecasting, get
from tests.unit.forecasting.facts import ADA, BO, at, disputed, event, refund, sale

CLEO = derived_id("party", "cleo")
BGNBD = '{"r": 0.24, "alpha": 4.4, "a": 1.8, "b": 2.5, "level": 1.0}'


def merge(name: str, party: UUID, into: UUID, *, undone: bool = False) -> list[Event[Any]]:
    """A record for each of the two, as contacts tells it."""
    type_ = PartyUnmerged if undone else PartyMerged
    return [
        event(
            "crm.contacts",
            type_(
                party_id=each,
                party_version=2,
                merge_id=derived_id("merge", name),
                into_party_id=into,
                merged_party_id=party,
                recorded_at=at("2026-02-20"),
            ),
            at("2026-02-20"),
            (name, each, undone),
        )
        for each in (party, into)
    ]


@pytest.fixture
async def bought(forecasting: Forecasting) -> None:
    """Ada and Bo on two days each, of which one is the same; Cleo never."""
    await forecasting.heard(
        sale("a-1", "2026-01-02", ("TEA", 1, 500)),
        sale("a-2", "2026-02-02", ("CUP", 1, 900)),
        sale("b-1", "2026-02-02", ("TEA", 1, 500), party=BO),
        sale("b-2", "2026-02-20", ("TEA", 1, 500), ("JAM", 1, 300), party=BO),
    )
    await forecasting.pool.execute(
        "insert into model (name, cut, parameters, quality, recorded_at)"
        " values ('bgnbd', '2026-02-23', $1, '{}', now())",
        BGNBD,
    )


async def repeats(http: httpx.AsyncClient, party: UUID) -> tuple[str, float] | None:
    """The party that is told of, and the purchase days after its first."""
    answer = await http.get(f"/v1/scores/{party}")
    if answer.status_code == 404:
        return None
    found = answer.json()
    (alive,) = (one for one in found["scores"] if one["score"] == "p_alive")
    return found["party_id"], alive["contributions"][0]["value"]


MERGED, UNDONE = merge("m", BO, ADA), merge("m", BO, ADA, undone=True)
OVER_CLEO = [*merge("m", BO, CLEO), *merge("n", CLEO, ADA)]


@pytest.mark.usefixtures("bought")
@pytest.mark.parametrize(
    ("told", "ada", "bo"),
    [
        ([MERGED], (str(ADA), 2), (str(ADA), 2)),
        ([MERGED, UNDONE], (str(ADA), 1), (str(BO), 1)),
        ([[*MERGED, *UNDONE]], (str(ADA), 1), (str(BO), 1)),
        ([MERGED, [*UNDONE, *merge("again", BO, ADA)]], (str(ADA), 2), (str(ADA), 2)),
        ([merge("again", BO, ADA), UNDONE], (str(ADA), 2), (str(ADA), 2)),
        ([OVER_CLEO], (str(ADA), 2), (str(ADA), 2)),
        ([OVER_CLEO[::-1], merge("n", CLEO, ADA, undone=True)], (str(ADA), 1), (str(CLEO), 1)),
        ([OVER_CLEO, merge("round", ADA, BO)], None, None),
    ],
    ids=["merged", "undone", "in one batch", "merged again", "another undone", "chain", "chain undone", "circle"],
)
async def test_scores_are_of_all_that_a_party_was_merged_with(
    forecasting: Forecasting,
    http: httpx.AsyncClient,
    told: Sequence[Sequence[Event[Any]]],
    ada: tuple[str, float] | None,
    bo: tuple[str, float] | None,
) -> None:
    for batch in told:
        await forecasting.followed(*batch)

    found = [await repeats(http, party) for party in (ADA, BO)]

    if ada is None:
        assert found[0] == found[1]  # nobody goes on, so any of them does, and always the same
    else:
        assert found == [ada, bo]


@pytest.mark.usefixtures("bought")
async def test_what_one_sent_back_or_disputes_is_offered_to_none_of_them(
    forecasting: Forecasting, http: httpx.AsyncClient
) -> None:
    async def offered() -> list[tuple[str, str]]:
        """Products with why, of the party's repeats."""
        found = await get(http, "/v1/cross-sell", party_id=str(BO))
        return [(found["party_id"], one["sku"]) for one in found["offers"]]

    assert await offered() == [(str(BO), "TEA")]
    await forecasting.followed(*MERGED)
    assert await offered() == [(str(ADA), "TEA")]

    await forecasting.heard(refund("r-1", "2026-02-21", 500, ("TEA", 1), of="a-1"))
    assert await offered() == []
    await forecasting.followed(*UNDONE)
    assert await offered() == [(str(BO), "TEA")]
    await forecasting.heard(disputed("d-1", "2026-02-21", party=BO, of="b-1"))
    assert await offered() == []


@pytest.mark.usefixtures("bought")
async def test_what_is_suggested_is_suggested_to_the_one_that_goes_on(
    forecasting: Forecasting, http: httpx.AsyncClient
) -> None:
    await forecasting.pool.execute(
        "insert into usual_price (sku, currency, price, cut) values ('TEA', 'DKK', 500, '2026-02-23')"
    )
    alone = (await http.post("/v1/actions", json={"party_id": str(BO)})).json()["actions"]
    await forecasting.followed(*MERGED)

    together = (await http.post("/v1/actions", json={"party_id": str(ADA)})).json()["actions"]

    assert [one["sku"] for one in alone] == ["TEA"]
    assert together == alone  # it stands already, under the id that it was suggested to
    listed = [(await get(http, "/v1/actions", party_id=str(party)))["items"] for party in (ADA, BO)]
    assert listed[0] == listed[1] == alone
