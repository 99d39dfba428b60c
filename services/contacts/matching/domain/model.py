"""Fellegi and Sunter's weights: how much each level of each field speaks for or against one person.

m is how often records of one person come to a level, u how often records of two people do. m is learnt by
expectation maximisation from pairs that blocking keys bring together, u from the values themselves. What is known
beforehand counts as so many pairs more, so that few records lead to sensible weights and many to their own.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.contacts.matching.domain.comparison import FIELDS, LEVELS, Ints, Levels, Pairs, compare
from services.contacts.matching.domain.traits import RULES, Traits

Floats = NDArray[np.float64]

_M: dict[str, tuple[float, ...]] = {
    "given": (0.72, 0.10, 0.10, 0.02, 0.06),
    "family": (0.80, 0.05, 0.08, 0.02, 0.05),
    "birth": (0.86, 0.07, 0.03, 0.04),
    "address": (0.52, 0.10, 0.08, 0.08, 0.05, 0.17),
    "email": (0.60, 0.12, 0.28),
    "phone": (0.65, 0.05, 0.30),
}
_U: dict[str, tuple[float, ...]] = {
    "given": (0.004, 0.006, 0.010, 0.0005, 0.9795),
    "family": (0.004, 0.002, 0.012, 0.0005, 0.9815),
    "birth": (0.00006, 0.0008, 0.009, 0.99014),
    "address": (0.00005, 0.0001, 0.0005, 0.003, 0.03, 0.96635),
    "email": (0.00002, 0.0002, 0.99978),
    "phone": (0.00003, 0.0001, 0.99987),
}
_KNOWN_PAIRS = 40.0
_RANDOM_PAIRS = 40_000
_LEAST = 1e-7
ROUNDS = 60
_LEAST_BEARERS = 5
"""What fewer say is theirs alone, and is not kept with the weights."""
_FAR_MORE = 6
_BITS_OF_A_VALUE = 5.0
"""How far a rare or a common value moves what agreeing on one is worth."""


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of a version: by field the bits of each level, silence first, what a pair starts with, and how common
    given names, family names and addresses are, and which birthdays many state. `rules` is the version of the rules by
    which the records were read that it was learnt from.
    """

    version: int
    records: int
    prior: float
    weights: Mapping[str, tuple[float, ...]]
    common: Mapping[str, Mapping[str, float]]
    rules: int = 0

    def bits(self, records: Sequence[Traits], pairs: Pairs) -> Floats:
        """The log odds, to the base of 2, that each pair is one person."""
        found = np.full(len(pairs.left), self.prior)
        for place, name in enumerate(FIELDS):
            found += np.array(self.weights[name])[pairs.levels[:, place]]
        for name, place in (("given", 0), ("family", 1), ("address", 3)):
            found += self._of_values(name, place, records, pairs)
        return found

    def _of_values(self, name: str, place: int, records: Sequence[Traits], pairs: Pairs) -> Floats:
        """A rare name that is the same says more than a common one."""
        added = np.zeros(len(pairs.left))
        levels, is_name = pairs.levels[:, place], name in {"given", "family"}
        same = np.flatnonzero((levels == 1) | (levels == 4) if is_name else levels == 1)
        usual = self.common.get("", {}).get(name, 0.0)
        if not same.size or not usual:
            return added
        least = 1 / max(self.records, 200)
        # What stands the other way round is as common as it is where it belongs.
        kinds = ("given", "family") if is_name else (name,)
        common = [self.common.get(kind, {}) for kind in kinds]
        of = [value_of(records[at], name) for at in pairs.left[same].tolist()]
        shares = np.array([max(least, *(each.get(value, least) for each in common)) for value in of])
        added[same] = np.clip(np.log2(usual / shares), -_BITS_OF_A_VALUE, _BITS_OF_A_VALUE)
        return added


def value_of(record: Traits, name: str) -> str:
    if name == "address":
        return f"{record.street} {record.house} {record.postal}"
    return str(getattr(record, name))


def odds_to_share(bits: Floats) -> Floats:
    """Of log odds to the base of 2, the probability."""
    return 1 / (1 + np.exp2(-np.clip(bits, -60, 60)))


def usual_model() -> Model:
    """What is known before any record: version 0."""
    weights = {name: _bits(_M[name], _U[name]) for name in FIELDS}
    return Model(0, 0, _prior(0, 0.0), weights, {})


def _bits(m: Iterable[float], u: Iterable[float]) -> tuple[float, ...]:
    return (0.0, *(float(np.log2(max(a, _LEAST) / max(b, _LEAST))) for a, b in zip(m, u, strict=True)))


def _prior(records: int, share: float) -> float:
    """The log odds that two records taken at random are one person, where each of them has so many others of the same
    person; of a small base as of one of a thousand.
    """
    return float(np.log2(min(max(share, 0.02), 2.0) / max(records, 1_000)))


def learn(
    records: Sequence[Traits],
    passes: Sequence[tuple[Ints, Ints, frozenset[str]]],
    version: int,
    *,
    base: int | None = None,
    seed: int = 1,
) -> Model:
    """The weights of these records, which may be a sample of a base of so many.

    A pass is pairs that a blocking key brings together and the fields that it is made of: those say nothing about m in
    it. What passes find is taken together, each field from the passes that leave it free.
    """
    u = _chances(records, seed)
    m_sums = {name: np.array(_M[name]) * _KNOWN_PAIRS for name in FIELDS}
    matches = 0.0
    for left, right, fixed in passes:
        if not len(left):
            continue
        counts, found = _expect(compare(records, left, right).levels, u, fixed)
        matches = max(matches, found)
        for name in FIELDS:
            if name not in fixed:
                m_sums[name] += counts[name]
    weights = {name: _bits(sums / sums.sum(), u[name]) for name, sums in m_sums.items()}
    for name in ("given", "family"):
        # Rare as it is by chance, the other way round is worth no more than the right way.
        same, *rest = weights[name][1:]
        weights[name] = (0.0, same, *rest[:2], min(rest[2], same - 0.5), *rest[3:])
    prior = _prior(base or len(records), matches / max(len(records), 1))
    return Model(version, len(records), prior, weights, _common(records), RULES)


def _expect(levels: Levels, u: Mapping[str, Floats], fixed: frozenset[str]) -> tuple[dict[str, Floats], float]:
    """How often matches of these pairs are at each level, and how many matches there are."""
    patterns, place = np.unique(levels, axis=0, return_inverse=True)
    weight = np.bincount(place.reshape(-1), minlength=len(patterns)).astype(float)
    free = [(at, name) for at, name in enumerate(FIELDS) if name not in fixed]
    m = {name: np.array(_M[name]) for name in FIELDS}
    # Another given name, and nothing else that is one's own: the family, who would else pass for one person.
    family = (patterns[:, 0] == 5) & (patterns[:, 2] != 1) & (patterns[:, 4] != 1)
    share, posterior = 0.1, np.zeros(len(patterns))
    for _ in range(ROUNDS):
        bits = np.full(len(patterns), np.log2(share / (1 - share)))
        for at, name in free:
            bits += np.concatenate([[0.0], np.log2(np.maximum(m[name], _LEAST) / np.maximum(u[name], _LEAST))])[
                patterns[:, at]
            ]
        before, posterior = posterior, np.where(family, 0.0, odds_to_share(bits))
        expected = posterior * weight
        for at, name in free:
            sums = (
                np.bincount(patterns[:, at], weights=expected, minlength=len(LEVELS[name]))[1:]
                + np.array(_M[name]) * _KNOWN_PAIRS
            )
            m[name] = sums / sums.sum()
        share = float(np.clip(expected.sum() / weight.sum(), 1e-6, 0.999))
        if np.abs(posterior - before).max() < 1e-6:
            break
    expected = posterior * weight
    counts = {
        name: np.bincount(patterns[:, at], weights=expected, minlength=len(LEVELS[name]))[1:].astype(float)
        for at, name in enumerate(FIELDS)
    }
    return counts, float(expected.sum())


def _chances(records: Sequence[Traits], seed: int) -> dict[str, Floats]:
    """u: of pairs taken at random, how many are at each level; that both say the same follows from the values."""
    dice = np.random.default_rng(seed)
    size = len(records)
    u = {name: np.array(_U[name]) for name in FIELDS}
    if size < 50:
        return u
    left, right = dice.integers(0, size, _RANDOM_PAIRS), dice.integers(0, size, _RANDOM_PAIRS)
    apart = left != right
    levels = compare(records, left[apart], right[apart]).levels
    for at, name in enumerate(FIELDS):
        sums = np.bincount(levels[:, at], minlength=len(LEVELS[name]))[1:].astype(float)
        if sums.sum() < 500:
            continue
        known = np.array(_U[name]) * _KNOWN_PAIRS * 10
        u[name] = (sums + known) / (sums + known).sum()
    return u


def _common(records: Sequence[Traits]) -> dict[str, dict[str, float]]:
    """By field the shares of values that many records have; under the empty name what is usual in each field."""
    found: dict[str, dict[str, float]] = {"": {}}
    for name in ("given", "family", "address"):
        counts = Counter(value_of(each, name) for each in records)
        counts.pop("", None)
        counts.pop("  ", None)
        total = sum(counts.values())
        if total < 200:
            continue
        found[name] = {value: count / total for value, count in counts.items() if count >= _LEAST_BEARERS}
        found[""][name] = sum((count / total) ** 2 for count in counts.values())
    found["birth"] = _common_days(records)
    return found


def _common_days(records: Sequence[Traits]) -> dict[str, float]:
    """Birthdays of far more families than a day has by chance, such as one that a form fills in by itself."""
    families: dict[str, set[str]] = defaultdict(set)
    for each in records:
        if each.birth:
            families[each.birth].add(each.family)
    usual = sum(map(len, families.values())) / max(len(families), 1)
    return {
        birth: len(said) / len(records)
        for birth, said in families.items()
        if len(said) >= max(_LEAST_BEARERS, _FAR_MORE * usual)
    }


def model_json(model: Model) -> dict[str, Any]:
    return {
        "version": model.version,
        "records": model.records,
        "prior": model.prior,
        "weights": {name: list(bits) for name, bits in model.weights.items()},
        "common": model.common,
        "rules": model.rules,
    }


def model_from(kept: Mapping[str, Any]) -> Model:
    weights = {name: tuple(bits) for name, bits in kept["weights"].items()}
    return Model(kept["version"], kept["records"], kept["prior"], weights, kept["common"], kept.get("rules", 0))
