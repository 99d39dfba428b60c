"""What forms of the desk say, and how models are told: pure, and beside the services' own schemas."""

from datetime import UTC, datetime
from typing import Any, get_args
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from services.console.bulk.domain import ACTS, TONES, act_of, detail_of, tickets_of, word_of
from services.console.forecasts.domain import largest_first, most_of
from services.console.models.domain import Measure, kinds_of, main_of, measures_of
from services.console.parties.domain import ADDRESSES, Profile, fields_of, own_fields_of
from services.console.replies.domain import PLACEHOLDERS, languages_of, texts_of
from services.console.shell.vocabulary import TERMS
from services.console.shell.words import Words
from services.console.views.domain import CHANNELS, PRIORITIES, STATUSES, WHOSE, definition_of, fields_of as view_fields
from services.contacts.profiles.schemas import ProfilePatch
from services.support.attention.schemas import NewViewer
from services.support.bulk.schemas import ItemOutcome, NewBulkAction
from services.support.canned.domain import PLACEHOLDERS as KNOWN_PLACEHOLDERS
from services.support.mail.schemas import MailLine
from services.support.triage.schemas import ModelView
from services.support.views.schemas import ViewDefinition
from shared.events.values import AddressKind, Channel


def test_the_pages_words_are_the_services() -> None:
    assert set(PLACEHOLDERS) == KNOWN_PLACEHOLDERS == TERMS["placeholder"].keys()
    assert set(get_args(ItemOutcome)) == TONES.keys() == TERMS["act_outcome"].keys()
    assert set(get_args(AddressKind)) == set(ADDRESSES) == TERMS["address"].keys()
    assert set(CHANNELS) == set(get_args(Channel))
    assert set(get_args(NewViewer.model_fields["doing"].annotation)) == TERMS["doing"].keys()
    assert set(get_args(ModelView.model_fields["state"].annotation)) == TERMS["model_state"].keys()
    assert set(ACTS) <= TERMS["act"].keys()
    assert set(WHOSE) == TERMS["whose"].keys()
    assert set(get_args(MailLine.model_fields["kind"].annotation)) == TERMS["mail"].keys()


@pytest.mark.parametrize("chosen", ACTS)
def test_every_act_that_is_offered_is_one_that_support_takes(chosen: str) -> None:
    id_ = str(uuid4())
    form = {"act": chosen, "agent": "agent-2", "canned": "late", f"ticket-{id_}": "3", "ticket-x": "1"}
    act = act_of(form, "agent-1")
    assert act is not None
    taken = NewBulkAction.model_validate({"tickets": tickets_of(form), "act": act})
    assert (str(taken.tickets[0].id), taken.tickets[0].version, len(taken.tickets)) == (id_, 3, 1)
    assert word_of(act) == ("give" if chosen == "claim" else chosen)


@pytest.mark.parametrize("seen", ["", "-1", "1.5", "\u00b2", "9" * 10, "None"])
def test_a_ticket_without_the_version_that_was_seen_is_not_acted_on(seen: str) -> None:
    assert tickets_of({f"ticket-{uuid4()}": seen}) == []
    assert act_of({"act": "explode"}, "agent-1") is None


@pytest.mark.parametrize("whose", WHOSE)
def test_a_view_comes_back_as_it_was_kept(whose: str) -> None:
    form = {"name": " Mine ", "queue": "", "queues": "orders, payments,", "whose": whose}
    form |= {f"statuses-{STATUSES[0]}": "1", f"priorities-{PRIORITIES[1]}": "1", "channels-nonsense": "1"}
    kept = ViewDefinition.model_validate(definition_of(form))
    again = view_fields(kept.model_dump(mode="json"))
    assert definition_of(again) == definition_of(form)
    assert (kept.queue, kept.filters.queues, kept.filters.channels) == (None, ("orders", "payments"), ())


def test_a_view_of_no_state_is_of_those_that_wait() -> None:
    assert "statuses" not in definition_of({"name": "x"})["filters"]


def test_texts_that_are_blank_are_not_kept_and_none_is_lost_from_the_form() -> None:
    assert texts_of({"text-en": " a ", "text-da": " ", "text": "x"}) == {"en": "a"}
    assert languages_of({"sv": "x", "da": "y"}, ("en", "da")) == ["en", "da", "sv"]


def party(**said: Any) -> dict[str, Any]:
    return {"kind": "person", "name": "Ada", "locale": None, "time_zone": None, "birth_date": None, **said}


def test_a_form_that_nobody_touched_changes_nothing_of_what_it_shows() -> None:
    home = {"lines": ["A 1", "2. th"], "postal_code": "8000", "city": "Aarhus", "region": None, "country": "DK"}
    known = party(
        address=home, addresses={"work": home}, tags=["b", "a"], custom={"vip": True, "n": 1.5, "k": "007", "i": 7}
    )
    fields = fields_of(known)
    patch = ProfilePatch.model_validate(Profile(fields).patch())
    assert patch.address is not None
    assert (patch.address.lines, patch.address.country) == (home["lines"], "DK")
    assert {kind for kind, address in patch.addresses.items() if address} == {"work"}
    assert (patch.tags, patch.custom) == (["b", "a"], {})
    assert own_fields_of(fields) == ["i", "k", "n", "vip"]


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("number", "1.000", 1000),
        ("number", "1,5", 1.5),
        ("number", "many", "many"),
        ("yes_no", "Ja", True),
        ("yes_no", "nej", False),
        ("text", "0042", "0042"),
        ("text", "", None),
        ("nonsense", "x", "x"),
    ],
)
def test_an_own_field_keeps_its_kind(kind: str, typed: str, value: object) -> None:
    fields = {"custom-f": typed, "was-f": "before", "kind-f": kind}
    assert Profile(fields, "da").patch()["custom"] == {"f": value}


def test_a_form_without_addresses_leaves_them() -> None:
    assert Profile({"name": "Ada"}).patch().keys().isdisjoint({"address", "addresses", "tags", "custom", "birth_date"})


WEEKLY = {
    "weighted/1": {"mase": 0.8, "series": 22, "baseline_mase": 0.9, "coverage80": 0.8},
    "naive/1": {"mase": 0.1, "series": 2, "baseline_mase": 0.0},
}


def test_a_model_is_told_by_the_part_with_the_most_series_beside_a_simple_forecast() -> None:
    assert main_of(WEEKLY) == Measure("", "mase", 0.8, 0.9)
    assert main_of({"facts": 3.0}) is None
    assert main_of({}) is None
    assert [each.of for each in measures_of(WEEKLY)] == ["naive/1"] * 2 + ["weighted/1"] * 3
    assert {each.kind for each in measures_of(WEEKLY)} == {"number", "count", "share"}


def test_models_stand_by_name_with_the_one_that_is_used() -> None:
    models = [
        {"name": "b", "cut": "2", "in_force": False, "quality": {"mae": 2}},
        {"name": "a", "cut": "2", "in_force": False, "quality": {}},
        {"name": "b", "cut": "1", "in_force": True, "quality": {"mae": 1}},
    ]
    alone, both = kinds_of(models)
    assert (alone.name, alone.used, alone.figures) == ("a", None, [])
    assert (both.newest["cut"], both.used and both.used["cut"], both.figures) == ("2", "1", [1.0, 2.0])


def test_what_brought_most_comes_first_and_weeks_stay_in_their_order() -> None:
    rows = [
        {"key": key, "currency": currency, "revenue": revenue}
        for key, currency, revenue in (("a", "DKK", 1), ("b", "EUR", 9), ("c", "DKK", 5), ("d", "DKK", -3))
    ]
    whole, part = {"items": rows, "next_cursor": None}, {"items": rows, "next_cursor": "x"}
    assert [row["key"] for row in largest_first(whole, "category", whole=True)] == ["c", "a", "d", "b"]
    for totals, by, from_start in ((whole, "week", True), (part, "category", True), (whole, "category", False)):
        assert largest_first(totals, by, whole=from_start) == rows
    assert most_of(rows) == {"DKK": 5, "EUR": 9}
    assert most_of([{"currency": "DKK", "revenue": -1}]) == {"DKK": 0}


@pytest.mark.parametrize(
    ("reason", "detail", "english", "danish"),
    [
        ("not_assignable", "agent-1 may not be given it: off_shift", "They are off shift", "De har ikke vagt nu"),
        ("conflict", "the ticket is closed", "the ticket is closed", ""),
        ("stale", "the ticket has changed; its version is 3", "", ""),
        ("asked", None, "", ""),
    ],
)
def test_an_act_that_was_refused_says_why_in_the_readers_language(
    reason: str, detail: str | None, english: str, danish: str
) -> None:
    item = {"reason": reason, "detail": detail}
    said = [detail_of(item, Words(language, ZoneInfo("UTC"), datetime.now(UTC))) for language in ("en", "da")]
    assert said == [english, danish]
