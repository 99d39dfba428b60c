"""A party as the columns that it is kept in."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from services.contacts.parties.domain.party import Description, Lifecycle, Party, Pick, Primary
from shared.events.contract import contract_of
from shared.events.ingest import Address
from shared.events.parties import PartyDescribed

_PICKED = TypeAdapter(list[Pick])
_write = contract_of(PartyDescribed).write


def party_of(row: Mapping[str, Any]) -> Party:
    primaries, picked = row["primaries"], row["picked"]
    return Party(
        id=row["id"],
        partition=row["partition"],
        version=row["version"],
        kind=row["kind"],
        name=row["name"],
        address=Address(**from_json(row["address"])) if row["address"] else None,
        roles=row["roles"],
        birth_date=row["birth_date"],
        locale=row["locale"],
        time_zone=row["time_zone"],
        owner=row["owner"],
        merged_into=row["merged_into"],
        said_at={field: datetime.fromisoformat(at) for field, at in from_json(row["said_at"]).items()},
        primary={} if primaries == "{}" else _primaries(primaries),
        picked=[] if picked == "[]" else _PICKED.validate_json(picked),
        lifecycle=Lifecycle(row["stage"], row["stage_since"], row["stage_until"], row["purchase_at"]),
        score=row["score"],
        missing=row["missing"],
        registered_at=row["registered_at"],
        erased_at=row["erased_at"],
        details={} if row["details"] == "{}" else from_json(row["details"]),
    )


def _primaries(text: str) -> dict[str, Primary]:
    return {
        type_: Primary(UUID(identity_id), datetime.fromisoformat(at), said)
        for type_, (identity_id, at, said) in from_json(text).items()
    }


def row_of(party: Party) -> tuple[object, ...]:
    return (
        party.id,
        party.partition,
        party.version,
        party.kind,
        party.name,
        to_json(party.address).decode() if party.address else None,
        ",".join(party.roles),
        party.birth_date,
        party.locale,
        party.time_zone,
        party.owner,
        party.merged_into,
        to_json(party.said_at).decode(),
        to_json(party.primary).decode() if party.primary else "{}",
        _PICKED.dump_json(party.picked).decode() if party.picked else "[]",
        *party.lifecycle,
        party.score,
        ",".join(party.missing),
        party.registered_at,
        to_json(party.details).decode() if party.details else "{}",
        *_revision(party.revision),
    )


def write_description(data: PartyDescribed) -> Description:
    """A description as the topic and the party's row have it."""
    return Description(data, _write(data))


def _revision(new: Description | None) -> tuple[int | None, datetime | None, str | None]:
    return (None, None, None) if new is None else (new.data.version, new.data.recorded_at, new.body.decode())
