"""What was fitted at each cut, which of it is used, and how well it foretold what came."""

from collections.abc import Mapping, Sequence
from datetime import date

from services.forecasting.models import store
from services.forecasting.models.domain import PROMOTED, Promotion, announce_promoted, measured, version_of
from services.forecasting.models.schemas import PromotionView
from shared.engine.transaction import Transaction
from shared.errors import Invalid, NotFound, Stale
from shared.events.insights import ModelPromoted
from shared.http.versions import Versions


async def save_model(
    tx: Transaction, name: str, cut: date, parameters: Mapping[str, float], quality: Mapping[str, object]
) -> None:
    """Keep a model under its name and cut; one that stands already is left as it is."""
    await store.save_model(tx, name, cut, parameters, measured(quality))


async def find_models_in_force(tx: Transaction, names: Sequence[str]) -> dict[str, tuple[dict[str, float], date]]:
    """By name the parameters that are used, and the cut that they were fitted to."""
    return await store.find_models_in_force(tx, names)


async def find_newest_cut(tx: Transaction, name: str) -> date | None:
    """The cut of the newest model of the name, used or not."""
    return await store.find_newest_cut(tx, name)


async def load_judged(tx: Transaction, name: str, until: date) -> list[tuple[dict[str, float], date, bool]]:
    """Those to be judged by what came after `until`: the one in force and the newest that had not seen it; parameters,
    cut, and whether it is the one in force.
    """
    return await store.load_judged(tx, name, until)


async def save_measured(
    tx: Transaction, name: str, until: date, found: Sequence[tuple[date, bool, Mapping[str, float]]]
) -> None:
    """How well the models of these cuts did up to `until`; measured again it stays as it was."""
    await store.add_measured(tx, name, until, [(cut, used, measured(quality)) for cut, used, quality in found])


async def promote(tx: Transaction, name: str, cut: date | None, agent: str, versions: Versions) -> PromotionView:
    """Use the model of the cut from now on, or the newest of each time. Raises NotFound, Invalid, and Stale where
    another was promoted meanwhile.
    """
    if name not in PROMOTED:
        raise NotFound(f"only {' and '.join(PROMOTED)} are chosen among; others are made anew with each use")
    known = await store.lock_promotion(tx, name)
    version = known.version if known else 0
    if versions is not None and version not in versions:
        raise Stale("another was promoted meanwhile", state=_view(name, known).model_dump(mode="json"))
    if cut is not None and not await store.knows_model(tx, name, cut):
        raise Invalid(f"there is no {version_of(name, cut)}", field="body.cut")
    if known is not None and known.cut == cut:
        return _view(name, known)
    promotion = Promotion(name, cut, agent, tx.now, version + 1)
    await store.save_promotion(tx, promotion)
    tx.emit([announce_promoted(promotion)])
    return _view(name, promotion)


async def take_back(tx: Transaction, told: ModelPromoted) -> None:
    """After a restore: what our topic tells of a promotion."""
    cut = told.cut.date() if told.cut else None
    await store.save_promotion(tx, Promotion(told.model, cut, told.promoted_by, told.recorded_at, told.version))


def _view(name: str, known: Promotion | None) -> PromotionView:
    if known is None:
        return PromotionView(model=name, cut=None, promoted_by=None, promoted_at=None, version=0)
    return PromotionView(
        model=name,
        cut=known.cut,
        promoted_by=known.promoted_by,
        promoted_at=known.promoted_at,
        version=known.version,
    )
