"""What pages show, made of what services say."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st
from markupsafe import escape

from services.console.campaigns.domain import (
    Dated,
    Reached,
    Wanted,
    came_of,
    dated_of,
    reached_of,
    steps_of,
    wanted_of,
    ways_of,
)
from services.console.events.domain import describe
from services.console.followups.domain import OUTCOMES, figures_of, funnel_of, reasons_of
from services.console.forecasts.domain import fan_of
from services.console.operations.domain import done_of, groups_of
from services.console.parties.domain import GROUPS, Profile, errors_of, lines_of, purchases_of
from services.console.shell.facts import Fact, Named, facts_of
from services.console.shell.vocabulary import TERMS
from services.console.shell.words import LANGUAGES, Words, short_type
from services.console.tickets.domain import following, moves_of
from services.console.today.domain import sales_of
from services.contacts.subscriptions import timeline
from services.marketing.catalogue.domain.definition import Trigger
from shared.events.contract import contracts

WORDS = Words("en", ZoneInfo("UTC"), datetime(2026, 3, 12, tzinfo=UTC))
AUDIT = {"sales": 10, "one": 5, "waiting": 1, "skipped": {"no_consent": 1, "no_campaign": 2}, "unknown": 1}


def line(type_: str, at: str = "2026-03-01T00:00:00Z", **summary: Any) -> dict[str, Any]:
    return {
        "event_id": "e",
        "type": f"crm.{type_}.v1",
        "source": "/contacts",
        "occurred_at": at,
        "recorded_at": at,
        "summary": summary,
    }


def test_the_six_figures_sum_to_the_sales() -> None:
    audit = {**AUDIT, "missing": 0, "double": 0}
    figures = figures_of(audit)
    assert [figure.outcome for figure in figures] == list(OUTCOMES)
    assert sum(figure.sales for figure in figures) == audit["sales"]
    assert {figure.outcome: figure.tone for figure in figures}["missing"] == "plain"
    assert {figure.outcome: figure.tone for figure in figures_of({**audit, "missing": 1})}["missing"] == "bad"
    assert reasons_of(audit) == [("no_campaign", 2), ("no_consent", 1)]


def test_a_month_is_named_once_and_over_pages() -> None:
    items = [line("sale.completed", "2026-03-02T00:00:00Z"), line("sale.completed"), line("x", "2026-02-01T00:00:00Z")]
    assert [each.month for each in lines_of(items, WORDS)] == ["March 2026", None, "February 2026"]
    assert [each.month for each in lines_of(items[:2], WORDS, "March 2026")] == [None, None]


@pytest.mark.parametrize(
    ("item", "title", "detail"),
    [
        (line("sale.completed", total={"minor": 69, "currency": "USD"}, channel="web"), "Sale", "US$0.69 · Web"),
        (line("message.skipped", campaign="thanks", reason="no_consent"), "Message skipped", "thanks · No consent"),
        (line("ticket.status_changed", status="pending"), "Ticket moved", "Waiting"),
        (line("of.tomorrow", new=1), "of.tomorrow", ""),
    ],
)
def test_a_line_says_what_happened(item: dict[str, Any], title: str, detail: str) -> None:
    (shown,) = lines_of([item], WORDS)
    assert (shown.title, shown.detail) == (title, detail)


def test_a_line_leads_to_what_it_names() -> None:
    (shown,) = lines_of(
        [line("message.sent", message_id="m", campaign="thanks", lines=[{"sku": "A", "quantity": 2}])], WORDS
    )
    named = [each for fact in shown.facts for each in fact.texts]
    assert {each.href for each in named} == {"/follow-ups/messages/m", "/campaigns/thanks", None}
    assert "2 \u00d7 A" in {each.text for each in named}


def test_an_event_leads_to_the_events_that_decided_and_caused_it() -> None:
    data = {"party_id": "p", "reason": "no_consent", "deciding_event_ids": ["d-1", "d-2"]}
    event = {
        "id": "e",
        "type": "crm.message.skipped.v1",
        "time": "2026-03-02T09:00:00Z",
        "causationid": "c",
        "data": data,
    }
    shown = describe(event, WORDS)
    assert (shown.title, shown.party_id, shown.followed_up) == ("Message skipped", "p", False)
    assert [each.href for fact in shown.facts for each in fact.texts] == ["/events/d-1", "/events/d-2", None]
    id_ = "01a21acc-61f2-709f-a3ef-ba3ed5d0adbb"
    causes = [describe({**event, "causationid": cause}, WORDS).cause for cause in (id_, "order-7", "e")]
    assert causes == [Named(id_, f"/events/{id_}"), Named("order-7"), None], "ours, one from outside, none"


_ELSEWHERE = {"clock.ticked", "indicator.observed", "model.promoted", "profile.submitted", "support.requested"}
_ELSEWHERE |= {"address.stopped", "address.lifted"}  # of whoever has the address


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_type_of_event_has_words_in_every_language(language: str) -> None:
    """A type that is new gets a line in `shell/event_terms.py` and in the catalogues."""
    words = Words(language, ZoneInfo("UTC"), WORDS.now)
    types = {short_type(entry.type) for entry in contracts()}
    assert sorted(types - set(TERMS["event"])) == []
    english = {type_: WORDS.term("event", type_) for type_ in types}
    same = {type_ for type_ in types if words.term("event", type_) == english[type_]}
    assert language == "en" or same == set()


def test_every_type_that_a_history_shows_is_in_one_of_its_filters() -> None:
    shown = {short_type(entry.type) for entry in contracts() if entry.topic in set(timeline.topics)}
    filtered = [type_ for types in GROUPS.values() for type_ in types]
    assert shown - _ELSEWHERE <= set(filtered)
    assert len(filtered) == len(set(filtered))
    assert max(map(len, GROUPS.values())) <= 50, "contacts takes no more at once"


def test_blank_fields_are_emptied_and_blank_identities_are_not_added() -> None:
    form = {"kind": "person", "name": " Ada ", "locale": "", "email": "ada@example.com", "phone": " "}
    assert Profile(form).patch() == {
        "kind": "person",
        "name": "Ada",
        "locale": None,
        "time_zone": None,
        "identities": [{"type": "email", "value": "ada@example.com"}],
    }


def test_errors_stand_at_their_fields() -> None:
    errors = [{"field": "body.locale", "detail": "no"}, {"field": "body.identities.0.value", "detail": "not a phone"}]
    assert errors_of({"errors": errors}, WORDS) == {"locale": "no", "form": "not a phone"}
    assert errors_of({"detail": "known already"}, WORDS) == {"form": "known already"}


def test_steps_of_every_kind_say_where_they_lead() -> None:
    steps = [
        {"wait": "P1D", "channel": "email", "content": [{"template": "t", "when": None, "texts": {"": {}}}]},
        {"wait": "PT2H"},
        {"wait_for": {"event": "sale.completed", "within": "P7D", "otherwise": "late"}, "go": "end"},
        {"id": "late", "branch": [{"when": "party.locale = da", "go": "end"}, {"when": None, "go": "late"}]},
        {"split": [{"percent": 10, "go": None, "holdout": True}]},
        {"tag": {"add": ["loyal"], "remove": ["new"]}},
        {"exit": "enough"},
    ]
    text = {"step": 1, "template": "t", "locale": "", "subject": "s", "body": "b"}
    found = steps_of({"definition": {"steps": steps}, "texts": [text]})
    assert [step.kind for step in found] == ["content", "wait", "wait_for", "branch", "split", "tag", "exit"]
    assert [step.after_s for step in found[:3]] == [86_400, 7_200, 604_800]
    assert [letter.subject for letter in found[0].letters] == ["s"]
    assert [way.to for step in found for way in step.ways] == ["end", "late", "end", "late", None]
    assert (found[5].detail, found[6].detail) == ("+ loyal, \u2212 new", "enough")
    ways = [(way.source, way.target) for way in ways_of(found)]
    assert ways == [(0, 1), (1, 2), (2, 7), (2, 3), (3, 7), (3, 3), (4, 5), (5, 6), (6, 7)]


def test_a_date_that_a_campaign_begins_at_is_told_from_its_event() -> None:
    trigger = {"event": "agreement.signed", "date": "ends_at", "offset": "-P7D", "at": "09:00"}
    assert dated_of({"trigger": trigger}) == Dated(604_800, before=True, field="ends_at", hour="09:00")
    assert dated_of({"trigger": {"event": "sale.completed", "offset": "P1D"}}) == Dated(86_400, False, None, None)
    assert [dated_of({"trigger": each}) for each in ("sale.completed", {"event": "sale.completed"})] == [None, None]


@pytest.mark.parametrize("days", [0, 1, 14, 364, 365, 366, 400, 3_659])
def test_whatever_time_marketing_writes_is_read(days: int) -> None:
    trigger = Trigger(event="sale.completed", offset=timedelta(days=days, hours=1)).model_dump(mode="json")
    assert dated_of({"trigger": trigger}) == Dated(days * 86_400 + 3_600, False, None, None)


def test_a_list_of_customers_is_read_line_by_line() -> None:
    ids = ["00000000-0000-4000-8000-00000000ada0", "00000000-0000-4000-8000-00000000b0b0"]
    wanted = wanted_of(f" {ids[0].upper()}\n\nhttps://crm.example/parties/{ids[1]}?x=1\nada@example.com\n{ids[0]}\n")
    assert wanted == Wanted(ids, ["ada@example.com"])
    results: list[dict[str, Any]] = [{"party_id": ids[0], "why": None}, {"party_id": ids[1], "why": "erased"}]
    assert [each.outcome for each in came_of(wanted, results)] == ["unread", "taken", "erased"]


def test_whoever_stands_at_a_later_step_has_been_at_the_earlier_ones() -> None:
    standings: list[dict[str, Any]] = [
        {"step": 1, "reason": None, "enrolments": 5},
        {"step": 1, "reason": "exited", "enrolments": 2},
        {"step": 3, "reason": "completed", "enrolments": 4},
    ]
    assert reached_of(standings) == [Reached(1, 11, 2), Reached(2, 4, 0), Reached(3, 4, 4)]
    assert reached_of([]) == []


@given(st.fixed_dictionaries({name: st.integers(0, 50) for name in (*OUTCOMES, "no_campaign")}))
def test_a_funnel_never_widens(counts: dict[str, int]) -> None:
    skipped = {"no_consent": counts.pop("skipped"), "no_campaign": counts.pop("no_campaign")}
    audit = {**counts, "skipped": skipped, "sales": sum(counts.values()) + sum(skipped.values())}
    values = [value for _, value in funnel_of(audit)]
    assert values == sorted(values, reverse=True)


def test_no_band_flattens_what_came() -> None:
    points = [{"at": "2026-03-09T00:00:00Z", "mean": 90.0, "lo80": 1, "hi80": 200, "lo95": 0, "hi95": 1e6}]
    fan = fan_of([{"week": "2026-03-02", "value": 100}], {"points": points})
    assert (fan.ceiling, fan.cut_off, fan.up_to_ceiling([200, 1e6])) == (300, True, [200, 300])
    assert not fan_of([], None).cut_off


def test_purchases_are_of_one_currency_and_the_oldest_comes_first() -> None:
    totals = [{"minor": minor, "currency": code} for minor, code in ((3, "DKK"), (2, "SEK"), (1, "DKK"))]
    assert purchases_of(totals) == {"DKK": [1, 3], "SEK": [2]}


def test_moves_and_the_next_ticket() -> None:
    assert moves_of({"allowed": ["open", "pending", "resolved"]}) == ["resolved", "pending", "open"]
    assert following("1", [{"id": "1"}, {"id": "2"}]) == "2"
    assert following("1", [{"id": "1"}]) is None


def test_partitions_sum_up_to_groups() -> None:
    place = {"group": "g", "topic": "t", "partition": 0, "lag": 3, "parked": 1, "stopped": None}
    (group,) = groups_of([place, {**place, "partition": 1, "stopped": "cannot be read"}])
    assert (group.lag, group.parked, group.stopped) == (6, 2, ["t/1: cannot be read"])


def test_what_still_waits_after_an_act_is_said() -> None:
    freed = {"applied": 2, "held_by": None, "detail": ""}
    done = done_of([freed, {"applied": 0, "held_by": "conflict", "detail": "other content"}])
    assert (done.applied, done.held) == (2, ["conflict: other content"])


def test_weeks_of_sales_stand_beside_what_was_expected() -> None:
    sold = [
        {"key": "2026-03-02", "currency": "DKK", "revenue": 100},
        {"key": "2026-03-16", "currency": "DKK", "revenue": 50},
        {"key": "2026-03-02", "currency": "SEK", "revenue": 1},
    ]
    points = [{"at": "2026-03-16T00:00:00Z", "mean": 20.0}, {"at": "2026-03-23T00:00:00Z", "mean": 30.0}]
    forecasts = [{"series": f"sales:department:{name}:week:DKK", "points": points} for name in ("A", "B")]
    sales = sales_of(sold, [*forecasts, {"series": "sales:department:A:week:SEK", "points": points}])
    assert sales is not None
    assert sales.currency == "DKK"
    assert [(week.sold, week.expected) for week in sales.weeks] == [(100, None), (0, None), (50, 40.0), (None, 60.0)]
    assert sales_of([], []) is None


def test_what_an_event_names_is_escaped_and_leads_to_its_page() -> None:
    said = Fact("<b>", [Named("<i>", '/segments/"x'), Named("&")])
    assert escape(said) == ('<div><dt>&lt;b&gt;</dt><dd><a href="/segments/&#34;x">&lt;i&gt;</a>, &amp;</dd></div>')


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", [("By whom", "staff-2"), ("Status", "Done")]),
        ("da", [("Af hvem", "staff-2"), ("Status", "Gjort")]),
    ],
)
def test_what_is_told_of_a_subtask_is_said_in_words(language: str, expected: list[tuple[str, str]]) -> None:
    words = Words(language, ZoneInfo("UTC"), datetime.now(UTC))
    found = facts_of({"subtask_status": "done", "assignee": "staff-2", "due_at": None}, words)
    assert [(each.name, each.texts[0].text) for each in found] == expected
