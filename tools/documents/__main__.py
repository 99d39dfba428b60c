"""`python -m tools.documents write|check`: everything that is generated from the contracts and the code."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from shared.asyncapi.document import everything
from shared.events.contract import contracts
from shared.run.discovery import SERVICES
from tools.documents.campaign_schema import CAMPAIGN_SCHEMA, campaign_schema
from tools.documents.events_page import events_page
from tools.documents.openapi import ROOT, openapi_documents
from tools.documents.schemas import CONTRACTS, committed, complaints, current, render, version_of
from tools.documents.service_page import service_part, with_part

_GOLDEN = ".sample.json"


def generated(root: Path = ROOT, *, replace: bool = False) -> dict[Path, str]:
    """Every generated file by its path, with what has to stand in it. Golden samples stay as they were promised."""
    files = {CONTRACTS / path: text for path, text in current().items()}
    if not replace:
        files = {path: text for path, text in files.items() if not (path.name.endswith(_GOLDEN) and path.exists())}
    files[root / "docs" / "events.md"] = events_page()
    files[root / "docs" / "api" / "asyncapi.json"] = render(everything())
    files[root / CAMPAIGN_SCHEMA] = render(campaign_schema())
    for service, document in openapi_documents().items():
        files[root / "docs" / "api" / f"{service}.openapi.json"] = render(document)
    for service in SERVICES:
        readme = root / "services" / service / "README.md"
        old = readme.read_text("utf-8") if readme.exists() else f"# {service.capitalize()}\n"
        files[readme] = with_part(old, service_part(service, root))
    return files


def outdated(files: dict[Path, str]) -> Iterator[Path]:
    """Those whose text on disk is another."""
    for path, text in files.items():
        if not path.exists() or path.read_text("utf-8") != text:
            yield path


def write(*, replace: bool) -> int:
    """Write what is out of date; a version that was promised is replaced only where that is asked for."""
    broken = [] if replace else list(complaints())
    if broken:
        return _complain(broken)
    files = generated(replace=replace)
    for path in outdated(files):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path], "utf-8")
        sys.stdout.write(f"wrote {path.relative_to(ROOT)}\n")
    if replace:
        promised = {version_of(entry) for entry in contracts()}
        for version in committed():
            if version not in promised:
                for path in (version.path, version.sample_path):
                    (CONTRACTS / path).unlink(missing_ok=True)
                sys.stdout.write(f"took back {version}\n")
    return 0


def check() -> int:
    """Exit status 1 if a promise is broken or a file is out of date; each line says which and what to do."""
    stale = [
        f"{path.relative_to(ROOT)} is out of date: run `python -m tools.documents write`"
        for path in outdated(generated())
    ]
    return _complain([*complaints(), *stale])


def _complain(lines: list[str]) -> int:
    for line in lines:
        sys.stderr.write(f"{line}\n")
    return 1 if lines else 0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.documents", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    writing = commands.add_parser("write", help="write what is out of date; refuses to break a promise")
    writing.add_argument("--replace", action="store_true", help="before a release: change versions that nobody has yet")
    commands.add_parser("check", help="say what is out of date or broken; status 1 if anything is")
    chosen = parser.parse_args(arguments)
    return write(replace=chosen.replace) if chosen.command == "write" else check()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
