"""Which campaigns a batch of events concerns, and so what has to be read of parties for it."""

from services.marketing.catalogue.domain.campaign import Campaign
from services.marketing.flows.domain.follow import concerned_by, follow
from services.marketing.profiles.domain import PartyFacts
from tests.unit.marketing.facts import ADA, chosen, flow, sale, send, ticket_opened

CARTED = Campaign(flow("carted", "product.chosen", send("PT1H"), exit_on=[{"event": "sale.completed"}]), 1)
ASKED = Campaign(flow("asked", "ticket.opened", send("PT1H"), filter={"party.sales": 0}), 1)


def test_a_campaign_is_concerned_by_what_starts_it() -> None:
    assert concerned_by([sale("s-1")], [CARTED, ASKED], []) == []
    assert concerned_by([sale("s-1"), ticket_opened()], [CARTED, ASKED], []) == [ASKED]


def test_a_campaign_is_concerned_by_who_is_in_it() -> None:
    entered = follow([chosen("A-17")], [CARTED], [], {}, {ADA: PartyFacts()}, {}).flows.values()
    assert concerned_by([sale("s-1")], [CARTED, ASKED], entered) == [CARTED]
