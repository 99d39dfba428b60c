"""What pages show of two customers who may be one, and of an erasure."""

from typing import Any, get_args

from services.console.duplicates.domain import Choice, choice_of, fields_of, usual_survivor
from services.console.erasures.domain import EXEMPTIONS, GROUNDS, summed
from services.console.shell.customer_terms import CUSTOMERS
from services.console.shell.likeness_terms import LIKENESSES
from services.contacts.matching.domain.comparison import FIELDS, LEVELS
from services.contacts.matching.domain.model import usual_model
from services.contacts.matching.domain.traits import read_traits
from services.contacts.matching.domain.verdict import objection, reasons_of
from shared.events.erased import Exemption, Ground


def party(id_: str, sales: int = 0, **said: Any) -> dict[str, Any]:
    blank = dict.fromkeys(("name", "kind", "birth_date", "address", "locale", "time_zone"))
    totals = [{"sales": sales}] if sales else []
    return {**blank, "id": id_, "registered_at": f"2026-01-0{id_}", "totals": totals, **said}


def test_people_choose_where_both_say_something_else_and_nowhere_else() -> None:
    home = {"lines": ["Nørregade 12"], "postal_code": "8000", "city": "Aarhus C", "region": None, "country": None}
    one = party("1", name="Ada Holm", kind="person", address=home)
    other = party("2", name="Ida Holm", kind="person", locale="da")
    found = {field.name: (field.values, field.differs) for field in fields_of(one, other)}
    assert found == {
        "name": (("Ada Holm", "Ida Holm"), True),
        "kind": (("person", "person"), False),
        "address": (("Nørregade 12, 8000 Aarhus C", None), False),
        "locale": ((None, "da"), False),
    }


def test_whoever_more_was_sold_to_goes_on_and_else_who_was_known_first() -> None:
    assert usual_survivor([party("1"), party("2", sales=3)]) == "2"
    assert usual_survivor([party("2"), party("1")]) == "1"


def test_a_form_says_who_goes_on_with_which_fields_of_the_other() -> None:
    form = {
        "into": "2",
        "version-1": "4",
        "version-2": "7",
        "because": " called ",
        "field-name": "1",
        "field-kind": "2",
    }
    assert choice_of(form, ["1", "2"]) == Choice("2", "1", "7", "called", ["name"])
    assert choice_of({"into": "elsewhere"}, ["1", "2"]).into == "1"


def test_every_reason_that_contacts_gives_has_words() -> None:
    told = set()
    for place, name in enumerate(FIELDS):
        for level in range(1, len(LEVELS[name])):
            told.update(reasons_of([level if at == place else 0 for at in range(len(FIELDS))]))
    assert told
    assert told <= set(LIKENESSES)


OTHERS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"kind": "organisation"}, {"kind": "organisation"}),
    ({"name": "Ada og Bo Holm"}, {}),
    ({"name": "Ada Holm Sr"}, {}),
    ({"birth": None}, {}),
    ({"birth": "1971-01-01"}, {"birth": "1971-01-01"}),
    ({"name": "Ida Holm"}, {}),
    ({"name": "Ada Berg"}, {}),
    ({"lines": ["Engvej 7"], "town": "Aalborg"}, {}),
    ({"name": "Ада Holm"}, {"name": "Ада Хольм"}),
    ({"name": "A Holm"}, {"name": "A Holm"}),
]


def test_every_objection_to_a_merge_has_words_of_its_own() -> None:
    ada: dict[str, Any] = {"name": "Ada Holm", "birth": "1971-03-09", "lines": ["Nørregade 12"], "town": "Aarhus"}
    told = {objection(usual_model(), read_traits(**{**ada, **one}), read_traits(**{**ada, **other}))
            for one, other in OTHERS}  # fmt: skip
    assert len(told) == len(OTHERS)
    assert told <= set(LIKENESSES)
    assert objection(usual_model(), read_traits(**ada), read_traits(**ada)) is None


def test_every_ground_and_exemption_is_offered_and_has_words() -> None:
    assert get_args(Ground) == GROUNDS == tuple(CUSTOMERS["ground"])
    assert get_args(Exemption) == EXEMPTIONS == tuple(CUSTOMERS["exemption"])


def test_a_certificate_says_what_each_service_found_contacts_first() -> None:
    confirmed = {"service": "support", "forgotten": {"text": 2, "note": 0}, "event_id": "e", "confirmed_at": "t2"}
    erasure = {"found": {"party": 1}, "left": {"party": 0}, "decided_at": "t1", "confirmations": [confirmed]}
    own, support = summed(erasure)
    assert (own.service, own.found, own.left, own.at) == ("contacts", [("party", 1)], 0, "t1")
    assert (support.service, support.found, support.event_id) == ("support", [("text", 2)], "e")
