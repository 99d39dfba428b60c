"""What to do next about a party, what was made of it, and what is learnt from that."""

from collections.abc import Mapping
from datetime import date, timedelta
from math import exp
from typing import Literal
from uuid import UUID

from services.forecasting.actions import store
from services.forecasting.actions.domain import (
    LATEST,
    LEFT_OUT,
    Action,
    Answered,
    Known,
    announce_answer,
    announce_suggested,
    suggest,
)
from services.forecasting.actions.schemas import ActionView, Suggested
from services.forecasting.copies import commands as copies
from services.forecasting.copies.domain import Family
from services.forecasting.cross_sell import commands as cross_sell
from services.forecasting.scores import commands as scores
from services.forecasting.scores.domain.score import CHURN, EXPECTED
from shared.engine.transaction import Transaction
from shared.errors import Invalid, NotFound
from shared.events.insights import ActionAccepted, ActionDeclined, ActionSuggested

_YEAR = timedelta(days=364)
Answer = Literal["accepted", "declined"]


async def learn_prices(tx: Transaction, cut: date) -> None:
    """What products are sold for, of the year before the cut."""
    await store.replace_prices(tx, cut - _YEAR, cut)


async def advise(tx: Transaction, party_id: UUID) -> Suggested:
    """The best actions now. One that stands already is shown as it was suggested, and not told again."""
    family = await copies.find_family(tx, party_id)
    found = suggest(family.party_id, await _load_known(tx, family), tx.now)
    standing = await store.load_standing(tx, family.ids, tx.now)
    news = [one for one in found.actions if (one.kind, one.sku) not in standing]
    new = await store.add_actions(tx, news)
    tx.emit(announce_suggested(one) for one in news if one.action_id in new)
    standing = await store.load_standing(tx, family.ids, tx.now)
    shown = [standing[key] for one in found.actions if (key := (one.kind, one.sku)) in standing]
    return Suggested(party_id=family.party_id, actions=shown, none_because=found.none_because)


async def list_newest(tx: Transaction, family: Family, most: int) -> list[ActionView]:
    """What was suggested last, the newest week first, and what was made of it."""
    return await store.list_actions(tx, family.ids, LATEST, most)


async def answer(tx: Transaction, action_id: UUID, said: Answer, agent: str) -> ActionView:
    """Raises NotFound, and Invalid where it expired or was answered otherwise."""
    known = await store.lock_action(tx, action_id)
    if known is None:
        raise NotFound("no suggestion has this id")
    if known.state == said:
        return known
    if known.state != "open":
        raise Invalid(f"it was {known.state} already", state=known.model_dump(mode="json"))
    if known.expires_at <= tx.now:
        raise Invalid("it has expired", state=known.model_dump(mode="json"))
    await store.answer_action(tx, action_id, said, agent, tx.now)
    answered = Answered(action_id, known.party_id, known.kind, known.sku, agent, said == "accepted")
    tx.emit([announce_answer(answered, tx.now)])
    return known.model_copy(update={"state": said, "answered_by": agent, "answered_at": tx.now})


async def take_back(tx: Transaction, told: ActionSuggested | ActionAccepted | ActionDeclined) -> None:
    """After a restore: what our topic tells, the suggestion before its answer."""
    if not isinstance(told, ActionSuggested):
        said: Answer = "accepted" if isinstance(told, ActionAccepted) else "declined"
        await store.answer_action(tx, told.action_id, said, told.answered_by, told.recorded_at)
        return
    action = Action(
        told.action_id,
        told.party_id,
        told.action,
        told.sku,
        told.because_of,
        told.expected,
        told.value,
        tuple(told.contributions),
        told.recorded_at,
        told.expires_at,
    )
    await store.add_actions(tx, [action])


async def _load_known(tx: Transaction, family: Family) -> Known:
    today = tx.now.date()
    advice, _ = await cross_sell.advise_party(tx, family, today)
    values, longer = await scores.score_party(tx, family, today)
    currency = await store.find_currency(tx, family.ids)
    products = [one.sku for one in advice.offers]
    return Known(
        advice,
        _chance_to_buy(values),
        currency,
        await store.load_prices(tx, currency, products) if currency else {},
        await store.count_answers(tx, tx.now - _YEAR),
        await store.load_answered(tx, family.ids, tx.now - LEFT_OUT),
        longer,
    )


def _chance_to_buy(values: Mapping[str, float]) -> float | None:
    """Within 28 days: of the model of churn, or else of the purchases that are expected."""
    if CHURN in values:
        return 1 - values[CHURN]
    return 1 - exp(-values[EXPECTED]) if EXPECTED in values else None
