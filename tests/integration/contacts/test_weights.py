"""The weights that parties are compared with are learnt from them, and all parties are compared by new ones."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx
import pytest

from eval.dirty import Written, write_down
from services.contacts.matching.commands import compare_next
from services.contacts.matching.commands.learning import compare_all, learn_next
from services.contacts.matching.domain.traits import Traits, traits_of
from services.contacts.matching.domain.verdict import POSSIBLE
from services.contacts.matching.domain.whole import learn_model, match
from services.contacts.subscriptions import matching
from shared.engine.service import Service
from shared.events.ingest import Address
from shared.events.parties import KnownIdentity, PartyDescribed
from tests.integration.contacts.running import NOW, Contacts, heard

FEWEST = 300


class KilledError(Exception):
    pass


def described(place: int, written: Written) -> PartyDescribed:
    emails = [KnownIdentity(id=uuid5(NAMESPACE_URL, each), type="email", value=each) for each in written.emails]
    phones = [KnownIdentity(id=uuid5(NAMESPACE_URL, each), type="phone", value=each) for each in written.phones]
    return PartyDescribed(
        party_id=UUID(int=place + 1),
        version=1,
        kind="organisation" if written.kind == "organisation" else "person",
        recorded_at=NOW,
        name=written.name,
        birth_date=written.birth or None,
        address=Address(lines=[written.street], postal_code=written.postal or None, city=written.town or None),
        identities=[*emails, *phones],
    )


async def people(contacts: Contacts, count: int = 200, seed: int = 11) -> list[Traits]:
    """So many people and companies as several systems wrote them down; what is compared of each."""
    told = [described(place, each) for place, each in enumerate(write_down(count, seed))]
    for at in range(0, len(told), 100):
        await contacts.hear(matching, [heard(each) for each in told[at : at + 100]])
    return [traits_of(each) for each in told]


async def pairs(contacts: Contacts) -> list[dict[str, Any]]:
    return await contacts.rows("select low_id, high_id, bits, model from duplicate order by low_id, high_id")


def expected(records: Sequence[Traits]) -> dict[tuple[UUID, UUID], float]:
    """By the whole base at once, what one record after the other has to come to."""
    whole = match(records, learn_model(records))
    each = zip(whole.pairs.left.tolist(), whole.pairs.right.tolist(), whole.bits.tolist(), strict=True)
    return {(UUID(int=low + 1), UUID(int=high + 1)): bits for low, high, bits in each if bits >= POSSIBLE}


async def compare_and_die(contacts: Contacts) -> None:
    async with contacts.transaction() as tx:
        assert await compare_next(tx, 100) == 100
        raise KilledError


async def test_all_parties_are_compared_by_what_was_learnt_from_them_as_the_whole_base_at_once_is(
    contacts: Contacts, http: httpx.AsyncClient
) -> None:
    service = cast("Service", contacts)
    (usual,) = (await http.get("/v1/duplicates/models")).json()
    assert (usual["version"], usual["learnt_at"]) == (0, None)
    records = await people(contacts)
    assert {each["model"] for each in await pairs(contacts)} == {0}

    assert await learn_next(service, fewest=len(records) + 1) is None
    assert await learn_next(service, FEWEST) == 1
    await compare_all(service)
    found = {(each["low_id"], each["high_id"]): each["bits"] for each in await pairs(contacts) if each["model"] == 1}
    assert found == pytest.approx(expected(records))
    assert len(found) > 50

    told = await contacts.of_type("duplicate.suspected")
    assert len(told) == len({(each.party_id, *each.other_party_ids) for each in told}) == 2 * len(await pairs(contacts))
    (learnt,) = (await http.get("/v1/duplicates/models")).json()
    assert (learnt["version"], learnt["parties"], learnt["records"]) == (1, len(records), len(records))
    assert learnt["compared_at"] is not None
    assert learnt["weights"]["birth"]["same"] > 5
    assert learnt["weights"]["birth"]["other"] < 0
    assert await learn_next(service, FEWEST) is None


async def test_a_comparison_that_is_killed_goes_on_and_tells_each_pair_once(contacts: Contacts) -> None:
    service = cast("Service", contacts)
    records = await people(contacts)
    learnt = await asyncio.gather(*(learn_next(service, FEWEST) for _ in range(2)))
    assert sorted(map(str, learnt)) == ["1", "None"]
    for _ in range(3):
        with pytest.raises(KilledError):
            await compare_and_die(contacts)
        async with contacts.transaction() as tx:
            assert await compare_next(tx, 100) == 100
    await asyncio.gather(compare_all(service), compare_all(service))
    await compare_all(service)
    assert {(e["low_id"], e["high_id"]) for e in await pairs(contacts) if e["model"] == 1} == set(expected(records))
    told = [(each.party_id, *each.other_party_ids) for each in await contacts.of_type("duplicate.suspected")]
    assert len(told) == len(set(told)) == 2 * len(await pairs(contacts))


async def test_what_few_say_is_not_kept_with_the_weights(contacts: Contacts) -> None:
    records = await people(contacts)
    assert await learn_next(cast("Service", contacts), FEWEST) == 1
    (row,) = await contacts.rows("select model::text as model from matching_model")
    streets = {f"{each.street} {each.house}" for each in records if each.house}
    few = {street for street in streets if sum(f"{each.street} {each.house}" == street for each in records) < 5}
    assert few
    assert not [street for street in few if street in row["model"]]
