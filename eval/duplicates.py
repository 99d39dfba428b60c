"""Duplicates without labels: Rapport's matcher beside splink on DuckDB and exact matching."""

import csv
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from typing import Any, NamedTuple

from eval.dirty import Written, write_down
from eval.dirty_kinds import draw_kinds
from eval.rows import Row, compare
from eval.setting import Setting, say
from services.contacts.matching.domain.traits import Traits, read_traits
from services.contacts.matching.domain.verdict import LIKELY
from services.contacts.matching.domain.whole import match, match_unasked

_PEOPLE = 4_000
_SETS = {"febrl3": ("febrl_dataset3.csv",), "febrl4": ("febrl_dataset4a.csv", "febrl_dataset4b.csv")}


class Labelled(NamedTuple):
    """A record, whom it is of, and the plain columns of it that peers compare."""

    traits: Traits
    truth: str
    plain: dict[str, str | None]


def measure(setting: Setting) -> list[Row]:
    """The sets of the folder, one that is drawn from the seed, and kinds of dirt, each by itself."""
    rows = []
    for name, files in _SETS.items():
        paths = [setting.file(file) for file in files]
        rows += _measure_set(
            name, [each for path in paths for each in _read_febrl(path.read_text("utf-8").splitlines())]
        )
    drawn = _labelled(write_down(_PEOPLE, setting.seed))
    rows += _measure_set(f"households, {_PEOPLE} people and companies", drawn)
    for kind, written in draw_kinds(setting.seed).items():
        rows += _measure_ours(kind, _labelled(written), {})
    return rows


def _measure_set(name: str, records: Sequence[Labelled]) -> list[Row]:
    say(f"{name}: {len(records)} records")
    peers = {"exact name and birth date": _timed(lambda: _exact(records), records)}
    try:
        peers["splink 5, DuckDB"] = _timed(lambda: _splink(records), records)
    except ImportError:
        say("splink is not installed")
    except Exception as error:  # noqa: BLE001  over a column that says nothing it raises whatever it likes
        say(f"splink cannot be trained on {name}, and is left out: {str(error)[:200]}")
    return _measure_ours(name, records, peers)


def _measure_ours(name: str, records: Sequence[Labelled], peers: dict[str, dict[str, float]]) -> list[Row]:
    ours = _timed(lambda: _rapport(records), records)
    unasked = _figures(_pairs(match_unasked([each.traits for each in records])), records)
    return [
        *compare("duplicates", name, ("Rapport", ours), peers),
        *compare("duplicates", name, ("Rapport, merged without asking", unasked), {}),
    ]


def _timed(find: Callable[[], set[tuple[int, int]]], records: Sequence[Labelled]) -> dict[str, float]:
    began = time.perf_counter()
    pairs = find()
    took = time.perf_counter() - began
    return {**_figures(pairs, records), "seconds": took}


def _figures(pairs: set[tuple[int, int]], records: Sequence[Labelled]) -> dict[str, float]:
    right = sum(records[one].truth == records[other].truth for one, other in pairs)
    true = sum(count * (count - 1) // 2 for count in Counter(each.truth for each in records).values())
    precision, recall = right / max(len(pairs), 1), right / max(true, 1)
    return {"precision": precision, "recall": recall, "F1": 2 * precision * recall / max(precision + recall, 1e-9)}


def _pairs(groups: Iterable[Sequence[int]]) -> set[tuple[int, int]]:
    return {pair for group in groups for pair in combinations(sorted(group), 2)}


def _rapport(records: Sequence[Labelled]) -> set[tuple[int, int]]:
    """All that is rather one than two: what is merged, and what people are asked first."""
    return _pairs(match([each.traits for each in records], automatic=LIKELY).groups)


def _exact(records: Sequence[Labelled]) -> set[tuple[int, int]]:
    found: dict[tuple[str | None, ...], list[int]] = {}
    for place, each in enumerate(records):
        key = (each.plain["given"], each.plain["family"], each.plain["birth"])
        if all(key):
            found.setdefault(key, []).append(place)
    return _pairs(found.values())


def _splink(records: Sequence[Labelled]) -> set[tuple[int, int]]:
    """As its own examples set it up: EM without labels, grouped by connected records at 95 %."""
    import pandas as pd  # type: ignore[import-untyped]  # its types are a package of their own
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    names = [name for name in records[0].plain if any(each.plain[name] for each in records)]
    frame = pd.DataFrame([{"unique_id": place, **each.plain} for place, each in enumerate(records)])
    comparisons: dict[str, Any] = {
        "given": cl.JaroWinklerAtThresholds("given", [0.9, 0.8]).configure(term_frequency_adjustments=True),
        "family": cl.JaroWinklerAtThresholds("family", [0.9, 0.8]).configure(term_frequency_adjustments=True),
        "birth": cl.DamerauLevenshteinAtThresholds("birth", [1, 2]),
        "street": cl.JaroWinklerAtThresholds("street", [0.9, 0.8]),
        "postal": cl.DamerauLevenshteinAtThresholds("postal", [1]),
        "town": cl.JaroWinklerAtThresholds("town", [0.9]),
        "email": cl.JaroWinklerAtThresholds("email", [0.9]),
        "phone": cl.DamerauLevenshteinAtThresholds("phone", [1]),
    }
    blocks: list[tuple[str, ...]] = [
        ("given", "family"),
        ("family", "birth"),
        ("given", "birth"),
        ("birth", "postal"),
        ("family", "postal"),
    ]
    blocks += [("street", "postal"), ("email",), ("phone",)]
    rules: list[Any] = [block_on(*block) for block in blocks if set(block) <= set(names)]
    linker = Linker(
        [DuckDBAPI().register(frame)],
        SettingsCreator(
            link_type="dedupe_only",
            comparisons=[comparisons[name] for name in names],
            blocking_rules_to_generate_predictions=rules,
        ),
    )
    linker.training.estimate_probability_two_random_records_match([block_on("given", "family", "birth")], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for block in (("birth",), ("given", "family")):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*block))
    scored = linker.inference.predict(threshold_match_probability=0.5)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(scored, threshold_match_probability=0.95)
    groups: dict[object, list[int]] = {}
    for row in clusters.as_record_list():
        groups.setdefault(row["cluster_id"], []).append(int(row["unique_id"]))
    return _pairs(groups.values())


def _read_febrl(lines: Iterable[str]) -> list[Labelled]:
    found = []
    for row in csv.DictReader(lines, skipinitialspace=True):
        day = row["date_of_birth"].strip()
        birth = f"{day[:4]}-{day[4:6]}-{day[6:]}" if len(day) == len("19560409") else None
        street = f"{row['street_number']} {row['address_1']}".strip()
        traits = read_traits(
            name=f"{row['given_name']} {row['surname']}".strip(),
            kind="person",
            birth=birth,
            lines=[street, row["address_2"]],
            postal=row["postcode"],
            town=row["suburb"],
        )
        plain = {
            "given": row["given_name"] or None,
            "family": row["surname"] or None,
            "birth": birth,
            "street": street or None,
            "postal": row["postcode"] or None,
            "town": row["suburb"] or None,
            "email": None,
            "phone": None,
        }
        found.append(Labelled(traits, row["rec_id"].split("-")[1], plain))
    return found


def _labelled(written: Iterable[Written]) -> list[Labelled]:
    found = []
    for each in written:
        traits = read_traits(
            name=each.name,
            kind="organisation" if each.kind == "organisation" else "",
            birth=each.birth or None,
            lines=[each.street],
            postal=each.postal,
            town=each.town,
            country=each.country,
            emails=each.emails,
            phones=each.phones,
        )
        given, _, family = each.name.lower().rpartition(" ")
        plain = {
            "given": given or None,
            "family": family or None,
            "birth": each.birth or None,
            "street": each.street.lower() or None,
            "postal": each.postal or None,
            "town": each.town.lower() or None,
            "email": next(iter(each.emails), None),
            "phone": next(iter(each.phones), None),
        }
        found.append(Labelled(traits, each.truth, plain))
    return found
