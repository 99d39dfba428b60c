"""What the fitting process is asked to do: a function for each work, by which it is named, typed and found.

The numbers are loaded where the work is done, so the service can name a work without them. Nothing leaves it that holds
a figure that is no finite number: one of many findings is left out, and a model, or outlooks, raise ArithmeticError.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from services.forecasting.cross_sell.domain import Pair
from services.forecasting.forecasts.domain.outlook import Asked, Outlook
from services.forecasting.fraud_forest import Forest
from services.forecasting.indicators.domain import Weekly
from services.forecasting.prices.domain import Bounds, PriceAdvice, Priced
from services.forecasting.reorders.domain import ReorderAdvice, Rules, Stocked
from services.forecasting.scores.domain.churn import Churn, left_of
from services.forecasting.scores.domain.habits import Buying
from services.forecasting.scores.domain.packed import Packed
from services.forecasting.trends.domain import Found, Watched
from services.forecasting.warnings.domain.sales import Unusual
from shared.events.figures import is_finite, require_finite


def make_outlooks(series: Sequence[Asked], indicators: Sequence[Weekly] = ()) -> dict[str, list[Outlook]]:
    """Outlooks by series from the origins that are asked for, indicators beside them; see `weekly.py`."""
    from services.forecasting.fitting import weekly

    return require_finite(weekly.look_from_origins(series, indicators))


def fit_lifetime(
    parties: Packed, cut: date, behind: Sequence[tuple[date, Packed]]
) -> tuple[Buying, dict[str, float]] | None:
    """The model of when parties buy again, and its measured quality; see `lifetime.py`."""
    from services.forecasting.fitting import lifetime

    known = [history for history, _ in parties.unpack()]
    found = lifetime.fit_lifetime(known, cut, [(day, came.unpack()) for day, came in behind])
    return found and (require_finite(found[0]), found[1])


def fit_churn(cuts: Sequence[tuple[date, Packed]]) -> tuple[Churn, dict[str, float]] | None:
    """The model of who buys nothing in the next 28 days, and its measured quality; see `churn.py`."""
    from services.forecasting.fitting import churn

    found = churn.fit_churn([(day, left_of(came.unpack())) for day, came in cuts])
    return found and (require_finite(found[0]), found[1])


def judge_lifetime(model: Buying, came: Packed, since: date) -> dict[str, float]:
    """How well the model foretold what was bought; see `quality.py`."""
    from services.forecasting.fitting import quality

    return quality.judge_lifetime(model, came.unpack(), since)


def judge_churn(model: Churn, fitted: tuple[date, Packed], judged: tuple[date, Packed]) -> dict[str, float]:
    """How well the model foretold who left, and how far its answers drifted; see `quality.py`."""
    from services.forecasting.fitting import quality

    return quality.judge_churn(model, *((day, left_of(came.unpack())) for day, came in (fitted, judged)))


def find_unusual(sold: Mapping[str, Sequence[float]]) -> list[Unusual]:
    """The products whose last week lies outside what their weeks before had led to expect; see `demand.py`."""
    from services.forecasting.fitting import demand

    return [one for one in demand.find_unusual(sold) if is_finite(one)]


def find_trends(watched: Watched) -> Found:
    """What changes in what is sold, told from chance; see `trends.py`."""
    from services.forecasting.fitting import trends

    found = trends.find_trends(watched)
    unknown = {one.series for one in found.findings if not is_finite(one)}
    return Found([one for one in found.findings if one.series not in unknown], {*found.looked} - unknown)


def find_prices(products: Sequence[Priced], bounds: Bounds) -> tuple[list[PriceAdvice], dict[str, float]]:
    """What products should cost, and what their elasticities are like; see `prices.py`."""
    from services.forecasting.fitting import prices

    return prices.find_prices(products, bounds)


def find_reorders(products: Sequence[Stocked], rules: Rules) -> list[ReorderAdvice]:
    """When products are to be ordered, and how much; see `reorders.py`."""
    from services.forecasting.fitting import reorders

    return reorders.find_reorders(products, rules)


def find_pairs(products: Sequence[str], baskets: Sequence[Sequence[int]]) -> list[Pair]:
    """The pairs of products that more parties bought than chance would have it; see `pairs.py`."""
    from services.forecasting.fitting import pairs

    return [one for one in pairs.find_pairs(products, baskets) if is_finite(one)]


def grow_forest(
    cut: date, facts: Sequence[Sequence[float]], frauds: Sequence[Sequence[float]]
) -> tuple[Forest, dict[str, float]] | None:
    """What tells sales and refunds that are unlike the others, and its measured quality; see `forest.py`."""
    from services.forecasting.fitting import forest

    found = forest.grow_forest(cut, facts, frauds)
    return found and (require_finite(found[0]), found[1])
