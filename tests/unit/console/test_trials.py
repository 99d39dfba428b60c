"""What is tried on the past: days, rules and campaigns as forms say them; and refusals in the reader's language."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from services.console.backtests.domain import (
    clocks_of,
    draft_of,
    figures_of,
    promises_of,
    rules_of,
    span_of,
    typed_policy,
    usual_span,
    written_draft,
)
from services.console.shell.refusals import fault_text, refusal_text
from services.console.shell.words import Words

ZONE = ZoneInfo("Europe/Copenhagen")
DEFINITION = {
    "name": "thanks",
    "topic": None,
    "exit_on": [],
    "steps": [
        {"wait": "P2D", "content": [{"template": "a", "when": None, "texts": {"": {"subject": "S", "body": "B"}}}]}
    ],
}


def test_days_are_the_readers_and_what_is_no_day_is_sent_as_typed() -> None:
    given = {"since": "2026-03-28", "until": "2026-03-29"}
    assert span_of(given, ZONE) == {"since": "2026-03-28T00:00:00+01:00", "until": "2026-03-30T00:00:00+02:00"}
    assert span_of({"since": "soon", "until": "9999-12-31"}, ZONE) == {"since": "soon", "until": "9999-12-31"}
    assert usual_span(date(2026, 3, 29)) == {"since": "2026-03-01", "until": "2026-03-28"}


def test_only_what_was_filled_in_is_tried() -> None:
    assert rules_of({"impact": "2", "room": "5", "category": " ", "agent": ""}, "en") == {"asks_model": False}
    said = {"asks_model": "1", "category": "price", "impact": "3", "needs": "a, ,b", "agent": "zoe", "room": "many"}
    assert rules_of(said, "da") == {
        "asks_model": True,
        "categories": {"price": {"impact": 3, "skills": ["a", "b"]}},
        "agents": {"zoe": {"skills": [], "queues": [], "capacity": {"email": "many"}}},
    }


def test_counts_of_either_stand_side_by_side() -> None:
    before = {"by_priority": {"low": 1}, "by_queue": {}, "by_agent": {"a": 2}}
    after = {"by_priority": {"high": 1}, "by_queue": {}, "by_agent": {"a": 1}}
    found = [(each.name, each.before, each.after) for each in figures_of({"before": before, "after": after})]
    assert found == [("low", 1, 0), ("high", 0, 1), ("a", 2, 1)]


def test_a_policy_is_typed_as_it_stands_and_tried_as_it_was_typed() -> None:
    targets = {"urgent": {"first_response": 60, "next_response": None}, "low": {"resolution": 4_800}}
    typed = typed_policy({"calendar": "office", "warn_at": 0.8, "targets": targets})
    assert typed == {
        "calendar": "office",
        "warn_at": "80",
        "urgent-first_response": "60",
        "low-resolution": "4800",
    }
    assert promises_of({"policy": "gold", **typed}, "da")["policies"]["gold"] == {
        "calendar": "office",
        "warn_at": 0.8,
        "targets": {"urgent": {"first_response": 60}, "high": {}, "normal": {}, "low": {"resolution": 4_800}},
    }
    wrong = promises_of({"warn_at": "soon", "low-resolution": "1,5", "high-resolution": " "}, "en")["policies"][""]
    assert (wrong["warn_at"], wrong["targets"]["low"], wrong["targets"]["high"]) == ("soon", {"resolution": "1,5"}, {})


def test_clocks_of_either_stand_side_by_side() -> None:
    before = {"clocks": {"resolution": {"met": 2}}, "warned": {"resolution": 0}}
    after = {"clocks": {"resolution": {"met": 1, "breached": 1}}, "warned": {"resolution": 1}}
    found = [(each.kind, each.name, each.before, each.after) for each in clocks_of({"before": before, "after": after})]
    assert found == [("resolution", "met", 2, 1), ("resolution", "breached", 0, 1), ("resolution", "", 0, 1)]


def test_a_campaign_is_written_as_its_file_may_say_it() -> None:
    step = {"wait": "P2D", "content": [{"template": "a"}]}
    assert written_draft(DEFINITION) == {"name": "thanks", "steps": [step]}
    assert draft_of(DEFINITION)["templates"] == {"a.txt": "Subject: S\n\nB"}


def test_a_refusal_is_said_in_the_readers_language() -> None:
    english, danish = (Words(language, ZONE, datetime.now(UTC)) for language in ("en", "da"))
    problem = {"type": "urn:rapport:problem:held", "detail": "this role is held"}
    assert refusal_text(problem, english) == "this role is held"
    assert refusal_text(problem, danish) == "De har allerede denne rolle."
    assert (
        refusal_text({"type": "urn:rapport:problem:new", "detail": "of a kind"}, danish)
        == "Tjenesten afviste dette (of a kind)"
    )
    field = {"field": "body.agent", "reason": "not_assignable", "detail": "no agent is called so"}
    assert fault_text(field, english) == "no agent is called so"
    assert fault_text(field, danish).startswith("De kan ikke tage den")
    assert fault_text({"field": "body.queues", "reason": "invalid", "detail": "no queue is called x"}, danish) == (
        "kan ikke tages, som det står (no queue is called x)"
    )
    assert refusal_text({}, danish) == danish.text("The service refused this.")
