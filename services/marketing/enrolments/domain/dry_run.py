"""What a definition would have done with sales of the past: the same choice as for new ones."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from services.marketing.catalogue.domain.campaign import Basket, Campaign, Category, matches, matching, ordered
from services.marketing.catalogue.domain.dates import date_of, is_past
from services.marketing.enrolments.domain.sale import Sale
from services.marketing.enrolments.schemas import DryRun


def run_dry(
    draft: Campaign, campaigns: Sequence[Campaign], sales: Iterable[Sale], products: Mapping[str, Category], zone: str
) -> DryRun:
    """`campaigns` take sales now; the draft stands in for the one of its name. Hours are those of `zone`."""
    before = ordered(each for each in campaigns if each.name != draft.name)
    after = ordered([*before, draft])
    counts: Counter[str] = Counter()
    taken: Counter[str] = Counter()
    parties = set()
    for sale in sales:
        counts["sales"] += 1
        basket = Basket.of(sale.skus, sale.channel, products)
        if not matches(draft.definition.when, basket):
            continue
        counts["matched"] += 1
        if draft not in matching(after, basket):
            counts["left"] += 1
        elif _comes_too_late(draft, sale, zone):
            counts["expired"] += 1
        elif draft.holds_out(sale.party_id):
            counts["held_out"] += 1
        else:
            counts["enrolled"] += 1
            parties.add(sale.party_id)
        if draft.follow_up and draft in matching(after, basket):
            taken.update(each.name for each in matching(before, basket) if each.follow_up)
    names = ("sales", "matched", "left", "expired", "held_out", "enrolled")
    return DryRun(
        campaign=draft.name, parties=len(parties), taken=dict(taken), **{name: counts[name] for name in names}
    )


def _comes_too_late(draft: Campaign, sale: Sale, zone: str) -> bool:
    """Since it was reported too late, or after the date that its first step waits for."""
    trigger = draft.definition.trigger
    said = sale.occurred_at if trigger.date is None else sale.recorded_at  # the one time that a sale says
    at = date_of(trigger, said, sale.occurred_at, zone)
    return draft.has_expired(sale.occurred_at, sale.recorded_at) or (
        at is not None and is_past(trigger, at, sale.recorded_at)
    )
