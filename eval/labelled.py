"""Records as the matcher reads them, as peers compare them, and whom they are of."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from eval.dirty import Written
from services.contacts.matching.domain.traits import Traits, read_traits


class Labelled(NamedTuple):
    """A record, whom it is of, and the plain columns of it that peers compare."""

    traits: Traits
    truth: str
    plain: dict[str, str | None]


def labelled(
    truth: str, names: tuple[str, str, str], birth: str | None, homes: Sequence[str], rest: Mapping[str, str]
) -> Labelled:
    """`names` are the given and the family name, or both in the third; `birth` is of ISO 8601. `rest` may have type,
    postal, town, country, email and phone.
    """
    given, family, whole = names
    if whole and not (given or family):
        given, _, family = whole.rpartition(" ")
    email, phone = rest.get("email", ""), rest.get("phone", "")
    kind = rest.get("type", "").lower()
    traits = read_traits(
        name=whole or f"{given} {family}".strip(),
        kind=kind if kind in ("person", "organisation") else "",
        birth=birth,
        lines=[line for line in homes if line],
        postal=rest.get("postal", ""),
        town=rest.get("town", ""),
        country=rest.get("country", ""),
        emails=[email] if email else [],
        phones=[phone] if phone else [],
    )
    plain = {
        "given": given.lower() or None,
        "family": family.lower() or None,
        "birth": birth,
        "street": (homes[0].lower() if homes else "") or None,
        "postal": rest.get("postal") or None,
        "town": rest.get("town", "").lower() or None,
        "email": email.lower() or None,
        "phone": phone or None,
    }
    return Labelled(traits, truth, plain)


def traits_of(each: Written) -> Traits:
    """As the matcher reads it."""
    return read_traits(
        name=each.name,
        kind="organisation" if each.kind == "organisation" else "",
        birth=each.birth or None,
        lines=[each.street],
        postal=each.postal,
        town=each.town,
        country=each.country,
        emails=each.emails,
        phones=each.phones,
    )


def labelled_drawn(written: Iterable[Written]) -> list[Labelled]:
    """Those that `dirty.py` wrote down."""
    found = []
    for each in written:
        given, _, family = each.name.lower().rpartition(" ")
        plain = {
            "given": given or None,
            "family": family or None,
            "birth": each.birth or None,
            "street": each.street.lower() or None,
            "postal": each.postal or None,
            "town": each.town.lower() or None,
            "email": next(iter(each.emails), None),
            "phone": next(iter(each.phones), None),
        }
        found.append(Labelled(traits_of(each), each.truth, plain))
    return found
