"""Two customers who may be one, side by side, and what becomes of them when they are merged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from services.console.shell.asking import Trouble
from services.console.shell.editions import Fields, version_of

STATES = ("open", "dismissed", "merged", "doubted")
"""What a list shows; the doubted ones are merged, and something that was learnt later speaks against it."""
PICKED = ("name", "kind", "birth_date", "address", "locale", "time_zone")
"""What a merged customer shows of one of the two; of everything else it has both."""
_ADDRESS = ("postal_code", "city", "region", "country")


@dataclass(frozen=True, slots=True)
class Field:
    """What each of the two says; `differs` where both say something, and not the same: somebody has to choose."""

    name: str
    values: tuple[str | None, str | None]
    differs: bool


def fields_of(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[Field]:
    """What is known of either, in the order in which people look at it."""
    found = []
    for name in PICKED:
        values = _text_of(one[name]), _text_of(other[name])
        if any(values):
            found.append(Field(name, values, all(values) and values[0] != values[1]))
    return found


def _text_of(value: Any) -> str | None:
    if isinstance(value, Mapping):
        place = " ".join(value[part] for part in _ADDRESS if value.get(part))
        return ", ".join((*(value.get("lines") or ()), *([place] if place else []))) or None
    return str(value) if value else None


def usual_survivor(parties: Iterable[Mapping[str, Any]]) -> str:
    """The one that more was sold to, and of two alike the one that was known first."""

    def rank(party: Mapping[str, Any]) -> tuple[int, str]:
        return -sum(total["sales"] for total in party["totals"]), party["registered_at"]

    return str(min(parties, key=rank)["id"])


@dataclass(frozen=True, slots=True)
class Choice:
    """What a form says: who goes on, as whom, why, and of which fields the other one's value is shown."""

    into: str
    other: str
    version: str
    because: str
    fields: list[str]


def choice_of(form: Mapping[str, str], party_ids: Iterable[str]) -> Choice:
    """Of what is not chosen, the one goes on that comes first, with its own fields."""
    first, second = party_ids
    into, other = (second, first) if form.get("into") == second else (first, second)
    return Choice(
        into,
        other,
        form.get(f"version-{into}", ""),
        form.get("because", "").strip(),
        [name for name in PICKED if form.get(f"field-{name}") == other],
    )


def versions_of(parties: Iterable[Mapping[str, Any]], form: Fields | None, trouble: Trouble | None) -> dict[str, str]:
    """On which version of either the form is decided, by party."""
    return {
        party["id"]: version_of(form and {"version": form.get(f"version-{party['id']}", "")}, trouble, party["version"])
        for party in parties
    }


def merge_of(pair: Mapping[str, Any], merges: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The merge in force that made the two of a pair one, if it was one of the two into the other."""
    two = set(pair["party_ids"])
    for merge in merges:
        if {merge["into_party_id"], merge["merged_party_id"]} == two and not merge["undone_at"]:
            return merge
    return None
