from typing import Any

import pytest

from services.marketing.catalogue.content.template import SAMPLE
from services.marketing.catalogue.files import load_definition
from services.marketing.flows.domain.follow import entry_of
from services.marketing.settings import OWN_CAMPAIGNS
from shared.events.campaigns import TierChanged
from tests.unit.marketing.facts import ADA, NOW, event, stage


@pytest.mark.parametrize(
    ("language", "tier", "subject", "says"),
    [
        ("", "gold", "You have come to gold", "you have come to gold in our programme"),
        ("", "", "You have come up a tier", "you have come to a better tier in our programme"),
        ("da", "gold", "Du er rykket op på gold", "Du er kommet op på niveauet gold i vores program"),
        ("da", "", "Du er rykket et niveau op", "Du er kommet op på et bedre niveau i vores program"),
    ],
)
def test_the_letter_about_a_better_tier_names_it(language: str, tier: str, subject: str, says: str) -> None:
    definition = load_definition(OWN_CAMPAIGNS / "ready-made" / "tier-change.yaml")
    text = definition.sends[1].content[0].texts[language]
    values: dict[str, Any] = {**SAMPLE, "tier": tier, "locale": language or "en"}
    rendered = text.render(values)
    assert rendered.subject == subject
    assert says in rendered.body
    assert rendered.html is not None
    assert says[1:] in rendered.html


def test_what_a_change_of_tier_led_to_is_kept_with_what_began_the_campaign() -> None:
    changed = TierChanged(party_id=ADA, previous="bronze", current="silver", qualifying=1_000, recorded_at=NOW)
    assert entry_of(event("crm.campaigns", changed, str(ADA), NOW)).tier == "silver"
    assert entry_of(stage("discovery")).tier is None
