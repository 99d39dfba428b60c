"""What no tool can find by itself lists the services by hand: each of these places has all of them, and no other."""

import re
from dataclasses import dataclass

import pytest

from shared.run.discovery import SERVICES
from tests.contract.test_house_rules import ROOT

FOLDERS = sorted(main.parent.name for main in (ROOT / "services").glob("*/main.py"))
LOCAL = "deploy/kubernetes/overlays/local"


@dataclass(frozen=True, slots=True)
class Place:
    """A file, and a pattern that finds each service's name there; with `facts` only those with a database."""

    file: str
    entry: str
    facts: bool = False

    def listed(self) -> set[str]:
        text = (ROOT / self.file).read_text("utf-8")
        return {
            name.strip().lower() for found in re.findall(self.entry, text, re.MULTILINE) for name in found.split(",")
        }


PLACES = (
    Place("deploy/images/versions.env", r"^([A-Z]+)_IMAGE=rapport/"),
    Place("deploy/images/kustomization.yaml", r"kind: Deployment, name: (\w+)"),
    Place("deploy/kubernetes/base/kustomization.yaml", r"default-deny\.yaml, ([\w, ]+)\]"),
    Place(f"{LOCAL}/credentials/kustomization.yaml", r"secrets/postgres/(\w+)_owner$", facts=True),
    Place(f"{LOCAL}/credentials/kustomization.yaml", r"name: (\w+)-database$", facts=True),
    Place(f"{LOCAL}/credentials/kustomization.yaml", r"name: (\w+)-database-owner$", facts=True),
    Place("deploy/kubernetes/rendered/local.yaml", r"image: rapport/(\w+):"),
)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place.file}: {place.entry}")
def test_a_place_lists_every_service(place: Place) -> None:
    expected, listed = set(SERVICES if place.facts else FOLDERS), place.listed()
    assert (expected - listed, listed - expected) == (set(), set()), f"{place.file} misses, or has no folder for, these"


@pytest.mark.parametrize("service", FOLDERS)
def test_a_service_has_its_files_elsewhere(service: str) -> None:
    files = [f"deploy/kubernetes/base/{service}/kustomization.yaml", f"requirements/{service}.txt"]
    files += [f"docs/api/{service}.openapi.json"] if service in SERVICES else []
    assert [file for file in files if not (ROOT / file).is_file()] == []
