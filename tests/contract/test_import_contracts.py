"""Every import contract is tried: breaches of all its parts are planted one by one, and it must see each."""

import copy
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter.api import read_configuration
from importlinter.contracts.acyclic_siblings import AcyclicSiblingsContract
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.independence import IndependenceContract
from importlinter.contracts.layers import LayersContract
from importlinter.contracts.protected import ProtectedContract
from importlinter.domain.contract import Contract

from shared.run.discovery import ALL

ROOT = Path(__file__).parents[2]
CONFIGURATION = read_configuration(str(ROOT / "pyproject.toml"))
PACKAGES: list[str] = CONFIGURATION["session_options"]["root_packages"]
CONTRACTS: list[dict[str, Any]] = CONFIGURATION["contracts_options"]
KINDS: dict[str, Callable[..., Contract]] = {
    "acyclic_siblings": AcyclicSiblingsContract,
    "forbidden": ForbiddenContract,
    "independence": IndependenceContract,
    "layers": LayersContract,
    "protected": ProtectedContract,
}
NAMES = [contract["name"] for contract in CONTRACTS]


@dataclass(frozen=True, slots=True)
class Breach:
    """A module, new or old, with one import more; without one it only exists."""

    module: str
    imports: str | None = None


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(
        *PACKAGES, include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None
    )


def matching(expression: str, graph: grimp.ImportGraph) -> list[str]:
    """The modules that an expression with wildcards means; what is not installed here is taken by its name."""
    return sorted(graph.find_matching_modules(expression)) if "*" in expression else [expression]


def within(module: str) -> str:
    """Where a breach is planted: in a folder as a new file, else in the file itself."""
    return f"{module}.planted" if (ROOT / module.replace(".", "/")).is_dir() else module


def breaches(contract: dict[str, Any], graph: grimp.ImportGraph) -> Iterator[Breach]:
    """Of every part of a contract: each pair of layers, each forbidden module, each circle of neighbours."""
    match contract["type"]:
        case "layers":
            for container in contract.get("containers") or [""]:
                yield from _of_layers(contract, container, graph)
        case "independence":
            modules = [found for each in contract["modules"] for found in matching(each, graph)]
            yield from (Breach(within(one), other) for one in modules for other in modules if one != other)
        case "forbidden":
            sources = [found for each in contract["source_modules"] for found in matching(each, graph)]
            targets = [found for each in contract["forbidden_modules"] for found in matching(each, graph)]
            yield from (Breach(within(source), targets[0]) for source in sources)
            yield from (Breach(within(sources[0]), target) for target in targets[1:])
        case "protected":
            for protected in (found for each in contract["protected_modules"] for found in matching(each, graph)):
                yield Breach(f"{protected.partition('.')[0]}.planted", protected)
        case "acyclic_siblings":
            yield from _circles(contract["ancestors"], graph)
        case other:
            raise AssertionError(f"contracts of type {other} are not tried yet")


def _of_layers(contract: dict[str, Any], container: str, graph: grimp.ImportGraph) -> Iterator[Breach]:
    prefix = f"{container}." if container else ""
    listed = [[f"{prefix}{name.strip(' ()')}" for name in layer.split("|")] for layer in contract["layers"]]
    layers = [present for layer in listed if (present := [name for name in layer if name in graph.modules])]
    for upper, lower in pairwise(layers):
        yield from (Breach(within(low), high) for low in lower for high in upper)
    for layer in layers:
        yield from (Breach(within(one), other) for one in layer for other in layer if one != other)
    if contract.get("exhaustive"):
        yield Breach(f"{prefix}planted")


def _circles(ancestors: list[str], graph: grimp.ImportGraph) -> Iterator[Breach]:
    for ancestor in ancestors:
        pairs = [(one, other) for one in graph.find_children(ancestor) for other in graph.find_children(ancestor)]
        used = [(one, other) for one, other in pairs if one != other and _uses(one, other, graph)]
        yield from (Breach(within(other), one) for one, other in sorted(used)[:3])


def _uses(one: str, other: str, graph: grimp.ImportGraph) -> bool:
    return graph.direct_import_exists(importer=one, imported=other, as_packages=True)


def is_kept(contract: dict[str, Any], graph: grimp.ImportGraph, breach: Breach | None = None) -> bool:
    """What import-linter says of one contract, with the breach planted in a copy of the graph."""
    planted = copy.deepcopy(graph)
    if breach is not None:
        planted.add_module(breach.module)
        if breach.imports is not None:
            if breach.imports not in planted.modules:
                planted.add_module(breach.imports, is_squashed=True)
            planted.add_import(importer=breach.module, imported=breach.imports)
    tried = KINDS[contract["type"]](
        name=contract["name"], session_options=CONFIGURATION["session_options"], contract_options=contract
    )
    return bool(tried.check(planted, verbose=False).kept)


@pytest.mark.parametrize("contract", CONTRACTS, ids=NAMES)
def test_a_contract_sees_each_of_its_breaches(contract: dict[str, Any], graph: grimp.ImportGraph) -> None:
    assert is_kept(contract, graph)
    planted = list(breaches(contract, graph))
    assert planted
    assert [breach for breach in planted if is_kept(contract, graph, breach)] == []


@pytest.mark.parametrize("container", ["shared", *(f"services.{service}" for service in ALL)])
def test_the_layers_of_every_part_are_exhaustive(container: str) -> None:
    """A folder that no contract lists fails."""
    exhaustive = [each for each in CONTRACTS if each.get("exhaustive") and container in each.get("containers", ())]
    assert exhaustive, f"pyproject.toml has no exhaustive contract of the layers of {container}"


@pytest.mark.parametrize("service", ALL)
def test_the_files_of_every_capability_are_in_a_contract(service: str) -> None:
    """Every folder of Python in a service has layers of its own, exhaustive too; handlers and jobs have none inside."""
    folder = ROOT / "services" / service
    capabilities = {path.parent.name for path in folder.glob("*/*.py")} - {"handlers", "jobs"}
    layered = {
        container.removeprefix(f"services.{service}.").partition(".")[0]
        for contract in CONTRACTS
        if contract.get("exhaustive")
        for container in contract.get("containers", ())
        if container.startswith(f"services.{service}.")
    }
    assert capabilities - layered == set(), "no exhaustive contract in pyproject.toml lists these among its containers"


@pytest.mark.parametrize("service", ALL)
def test_a_store_is_known_to_its_own_capability_alone(service: str, graph: grimp.ImportGraph) -> None:
    """Others ask its commands; no list has to name the capability for that."""
    foreign = [
        f"{importer} imports {store}"
        for store in matching(f"services.{service}.*.store", graph)
        for importer in sorted(graph.find_modules_that_directly_import(store))
        if importer.startswith("services.") and not importer.startswith(store.removesuffix("store"))
    ]
    assert foreign == []


def test_lint_imports_sees_them_in_files(graph: grimp.ImportGraph, tmp_path: Path) -> None:
    """A breach of each contract, written into a copy of the tree: none of them is kept."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=_all_but_python)
    shutil.copyfile(ROOT / "pyproject.toml", tmp_path / "pyproject.toml")
    for contract in CONTRACTS:
        breach = next(iter(breaches(contract, graph)))
        file = tmp_path / f"{breach.module.replace('.', '/')}.py"
        with file.open("a", encoding="utf-8") as out:
            out.write(f"\nimport {breach.imports or 'json'}\n")
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.search(r"Contracts: 0 kept, (\d+) broken", done.stdout), done.stdout


def _all_but_python(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if not name.endswith(".py") and not (Path(folder) / name).is_dir()}
