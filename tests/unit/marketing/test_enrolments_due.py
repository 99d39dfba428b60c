"""What becomes of messages that are due."""

from dataclasses import replace
from typing import Any, Literal, get_args

from hypothesis import given, strategies as st

from services.marketing.catalogue.domain.campaign import Campaign
from services.marketing.copies.domain import Party
from services.marketing.enrolments.decisions.decision import Facts
from services.marketing.enrolments.domain.due import Decided, Planned, decide_messages
from services.marketing.enrolments.domain.enrolment import enrol
from services.marketing.enrolments.domain.sale import sale_of
from shared.engine.subscription import Due
from shared.events.campaigns import EnrolmentExited, MessagePlanned, MessageSkipped, SkipReason
from shared.events.consent import Statement
from shared.ids import derived_id
from tests.unit.marketing.facts import ADA, DAY, HOUR, NOW, definition, sale

LATER = NOW + DAY
CONSENT = Statement("yes", "marketing", "", "email", given=True, occurred_at=NOW - DAY, recorded_at=NOW - DAY)
ALLOWED = Facts("", 1, 1_000, "DKK", None, Party(ADA, 1, "Ada", "ada@example.com"), [CONSENT])
TEXTS = {"": {"subject": "s", "body": "b"}}


def planned(campaign: Campaign, facts: Facts = ALLOWED) -> tuple[Due, Planned]:
    event = sale("s-1", skus=("F-1",))
    enrolled, sold = enrol([event], [campaign], {}), sale_of(event)
    (message,), ((id_, partition, due_at),) = enrolled.messages, enrolled.timers
    known = Planned(message, sold, campaign, replace(facts, trigger_event_id=sold.trigger_event_id), repeat=False)
    return Due(id_, partition, due_at, LATER), known


def concluded(campaign: Campaign, facts: Facts = ALLOWED) -> tuple[Decided, Planned]:
    due, known = planned(campaign, facts)
    return decide_messages([due], {due.id: known}, {"F-1": ("FLORAL",)}, None), known


def steps(*waits: str, **content: Any) -> list[dict[str, Any]]:
    return [
        {"wait": wait, "content": [{"template": f"step-{i}", "texts": TEXTS, **content}]}
        for i, wait in enumerate(waits, 1)
    ]


def test_cleared_message_carries_its_consent_and_content() -> None:
    decided, known = concluded(Campaign(definition(), 1))
    (cleared,) = decided.cleared
    assert (cleared.message_id, cleared.consent_event_id, cleared.content) == (known.message.id, "yes", "thanks")
    assert cleared.decided_at == LATER
    assert (decided.ended, decided.emissions, decided.timers) == ([], [], [])


def test_content_is_chosen_by_what_the_products_are_when_it_is_due() -> None:
    content = [
        {"template": "floral", "when": {"departments": ["FLORAL"]}, "texts": TEXTS},
        {"template": "any", "texts": TEXTS},
    ]
    decided, _ = concluded(Campaign(definition(steps=[{"wait": "PT1H", "content": content}]), 1))
    assert decided.cleared[0].content == "floral"


def test_skipped_message_is_told_with_what_decided_it() -> None:
    decided, known = concluded(Campaign(definition(), 1), replace(ALLOWED, consents=()))
    (ended,), (emission,) = decided.ended, decided.emissions
    assert isinstance(emission.data, MessageSkipped)
    assert (emission.data.reason, emission.data.message_id) == ("no_consent", known.message.id)
    assert emission.data.deciding_event_ids == [known.message.trigger_event_id]
    assert emission.cause is not None
    assert emission.cause.correlation_id == f"flow {known.message.trigger_event_id}"
    assert ended.ending is not None


def test_held_message_sets_its_timer_again_and_tells_nothing() -> None:
    decided, known = concluded(Campaign(definition(), 1), replace(ALLOWED, party=None))
    ((id_, _, until),) = decided.timers
    assert id_ == known.message.id
    assert until > NOW + HOUR
    assert decided.emissions == []


def test_next_step_is_planned_when_the_one_before_is_cleared() -> None:
    decided, known = concluded(Campaign(definition(steps=steps("PT1H", "P2D")), 1))
    (following,) = decided.planned
    assert following.id == derived_id(known.message.enrolment_id, 2, "email")
    assert following.due_at == NOW + HOUR + 2 * DAY
    assert [(type(emission.data), emission.data.step) for emission in decided.emissions] == [(MessagePlanned, 2)]  # type: ignore[attr-defined]
    assert [id_ for id_, _, _ in decided.timers] == [following.id]


def test_skipped_step_ends_an_enrolment_with_steps_left() -> None:
    decided, _ = concluded(Campaign(definition(steps=steps("PT1H", "P2D")), 1), replace(ALLOWED, consents=()))
    assert [type(emission.data) for emission in decided.emissions] == [MessageSkipped, EnrolmentExited]
    assert decided.planned == []


def test_timer_whose_message_has_ended_leads_to_nothing() -> None:
    due, _ = planned(Campaign(definition(), 1))
    assert decide_messages([due], {}, {}, None) == Decided()


Fate = Literal["sent", "refused", "refused late", "no_consent"]


@given(st.lists(st.sampled_from(get_args(Fate)), min_size=1, max_size=4))
def test_enrolment_that_ends_before_its_last_step_is_told_so_once(fates: list[Fate]) -> None:
    """`refused`: by the mail server before the next step is due; `late`: after it was decided."""
    campaign = Campaign(definition(steps=steps(*["PT1H"] * len(fates))), 1)
    told: list[object] = []
    ended_by: str | None = None
    failed: SkipReason | None = None
    cleared, late = 0, False
    due, known = planned(campaign)
    for number, fate in enumerate(fates, 1):
        facts = known.facts if fate != "no_consent" else replace(known.facts, consents=())
        decided = decide_messages([due], {due.id: replace(known, facts=facts, failed=failed)}, {}, None)
        told += [emission.data for emission in decided.emissions]
        if decided.ended:
            ended_by = failed or fate
            break
        cleared = number
        failed = failed or ("refused" if late or fate == "refused" else None)
        late = late or fate == "refused late"
        if decided.planned:
            (following,) = decided.planned
            assert following.due_at is not None
            due, known = Due(following.id, due.partition, following.due_at, LATER), replace(known, message=following)

    exits = [each.reason for each in told if isinstance(each, EnrolmentExited)]
    before_its_last = ended_by is not None and (cleared < len(fates) - 1 or failed is not None)
    assert exits == ([ended_by] if before_its_last else [])
    assert sum(isinstance(each, MessagePlanned) for each in told) == min(cleared, len(fates) - 1)
