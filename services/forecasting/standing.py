"""What is advised of products, told once and again only where it changed: what stands, and what a cut makes of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from services.forecasting.cuts.domain import instant
from services.forecasting.evidence import read_evidence, write_evidence
from shared.events.insights import Contribution
from shared.ids import dated_id

_PAGE = 250


class Advised(Protocol):
    """`none_because` says why there is no advice, where there is none."""

    @property
    def sku(self) -> str: ...

    @property
    def none_because(self) -> str | None: ...

    @property
    def contributions(self) -> tuple[Contribution, ...]: ...


A = TypeVar("A", bound=Advised)


@dataclass(frozen=True, slots=True)
class Told(Generic[A]):
    """What stands of a product; `suggestion_id` is None where nothing was ever told of it."""

    advice: A
    cut: date
    model: str
    suggestion_id: UUID | None = None
    supersedes: UUID | None = None


@dataclass(frozen=True, slots=True)
class Changed(Generic[A]):
    """What is to be told, what is only kept to be shown, and of which products nothing is known any more."""

    told: Sequence[Told[A]]
    kept: Sequence[Told[A]]
    gone: Sequence[str]


def renew(
    model: str,
    found: Sequence[A],
    standing: Mapping[str, Told[A]],
    cut: date,
    differs: Callable[[A, A], bool],
    without: Callable[[A], A],
) -> Changed[A]:
    """What changes at a cut. What the same cut or a later one decided stays; the first that is told of a product is an
    advice. `without` says of one that was not found any more that there is no advice.
    """
    told, kept = [], []
    seen = {advice.sku for advice in found}
    missing = [one for sku, one in sorted(standing.items()) if sku not in seen]
    for advice in (*found, *(without(one.advice) for one in missing if one.suggestion_id is not None)):
        before = standing.get(advice.sku)
        if before is not None and before.cut >= cut:
            continue
        if before is None or before.suggestion_id is None:
            if advice.none_because is None:
                told.append(Told(advice, cut, model, _name(model, advice.sku, cut)))
            else:
                kept.append(Told(advice, cut, model))
        elif _other(before.advice, advice, differs):
            told.append(Told(advice, cut, model, _name(model, advice.sku, cut), before.suggestion_id))
    gone = [one.advice.sku for one in missing if one.suggestion_id is None and one.cut < cut]
    return Changed(told, kept, gone)


def _other(before: A, now: A, differs: Callable[[A, A], bool]) -> bool:
    if before.none_because is None and now.none_because is None:
        return differs(before, now)
    return (before.none_because is None) != (now.none_because is None)


def _name(model: str, sku: str, cut: date) -> UUID:
    """The same of a product and a cut, so that what is decided again after a restore is not published a second time."""
    return dated_id(int(instant(cut).timestamp() * 1000), "suggestion", model.partition("/")[0], sku, cut)


def in_pages(found: Sequence[A], standing: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[A]]]:
    """Products by SKU, and what was found of them, of those too of which nothing was found and something stands: so few
    at a time that the loop serves others in between, and that a transaction may tell them all.
    """
    by_sku = {advice.sku: advice for advice in found}
    skus = sorted({*by_sku, *standing})
    for begin in range(0, len(skus), _PAGE):
        page = skus[begin : begin + _PAGE]
        yield page, [by_sku[sku] for sku in page if sku in by_sku]


def rows_of(told: Sequence[Told[A]], fields: Sequence[str]) -> list[tuple[object, ...]]:
    """By SKU, these fields of each advice between what all have: (SKU, id, cut, …, evidence, model, superseded)."""
    return [
        (
            one.advice.sku,
            one.suggestion_id,
            one.cut,
            *(getattr(one.advice, name) for name in fields),
            write_evidence(one.advice.contributions),
            one.model,
            one.supersedes,
        )
        for one in sorted(told, key=lambda one: one.advice.sku)
    ]


def told_of(row: Mapping[str, Any], advice: Callable[..., A], fields: Sequence[str]) -> Told[A]:
    """What such a row says."""
    evidence = read_evidence(row["contributions"])
    said = advice(row["sku"], contributions=evidence, **{name: row[name] for name in fields})
    return Told(said, row["cut"], row["model"], row["suggestion_id"], row["supersedes"])
