"""Duplicates without labels: Rapport's matcher beside splink on DuckDB and exact matching."""

import csv
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

from eval.columns import Roles
from eval.dirty import write_down
from eval.dirty_kinds import draw_kinds
from eval.labelled import Labelled, labelled, labelled_drawn
from eval.records import find_records, read_records
from eval.rows import Row, compare
from eval.setting import Setting, say
from services.contacts.matching.domain.verdict import LIKELY
from services.contacts.matching.domain.whole import match, match_unasked

_PEOPLE = 4_000
_SETS = {"febrl3": ("febrl_dataset3.csv",), "febrl4": ("febrl_dataset4a.csv", "febrl_dataset4b.csv")}


def measure(setting: Setting) -> list[Row]:
    """The files of the folder with records and their truth, a set that is drawn from the seed, and kinds of dirt, each
    by itself.
    """
    rows = []
    for name, files in _SETS.items():
        if setting.data is not None and all((setting.data / file).is_file() for file in files):
            paths = [setting.file(file) for file in files]
            rows += _measure_set(
                name, [each for path in paths for each in _read_febrl(path.read_text("utf-8").splitlines())]
            )
    for name, found in find_records(setting).items():
        rows += setting.attempt(partial(_measure_files, name, found))
    if not rows:
        setting.file(_SETS["febrl3"][0])
    drawn = labelled_drawn(write_down(_PEOPLE, setting.seed))
    rows += _measure_set(f"households, {_PEOPLE} people and companies", drawn)
    for kind, written in draw_kinds(setting.seed).items():
        rows += _measure_ours(kind, labelled_drawn(written), {})
    return rows


def _measure_files(name: str, files: list[tuple[Path, Roles]]) -> list[Row]:
    return _measure_set(name, read_records(files))


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
        places = {"postal": row["postcode"], "town": row["suburb"], "type": "person"}
        homes = (f"{row['street_number']} {row['address_1']}".strip(), row["address_2"])
        found.append(
            labelled(row["rec_id"].split("-")[1], (row["given_name"], row["surname"], ""), birth, homes, places)
        )
    return found
