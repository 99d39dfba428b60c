"""What the pages for people name exists: commands, modules, targets of make, their options, files and links."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from shared.environment import check_names
from shared.run.discovery import ALL, SERVICES, settings_of
from shared.settings import names_of
from tests.contract.test_house_rules import ROOT, tracked
from tools.rapport.cli import app

TRACKED = [str(file.relative_to(ROOT)) for file in tracked()]
FOLDERS = {str(folder) for file in TRACKED for folder in Path(file).parents}
PAGES = sorted(file for file in TRACKED if file.endswith(".md"))
ROOMS = "bench|demo|deploy|docs|eval|requirements|services|shared|tests|tools"

CODE = re.compile(r"```[a-z]*\n(.*?)```|``(.+?)``|`([^`\n]+)`", re.DOTALL)
MODULE = re.compile(rf"python3? -m ((?:{ROOMS})[\w.]*)([^`\n|]*)")
MAKE = re.compile(r"(?:^|[\s(])make ([a-z]+)\b((?: [A-Z]+=\S*)*)", re.MULTILINE)
RAPPORT = re.compile(r"(?:^|\$ |tools\.)rapport((?: [a-z][a-z-]*)+)([^`\n|]*)", re.MULTILINE)
OPTION = re.compile(r"(?<!\S)(--[a-z][a-z-]*)")
ONLY = re.compile(r'--only (?:"([^"]+)"|([a-z][\w-]*))')
PLACE = re.compile(rf"^(?:{ROOMS})/[\w./*-]+$")
SETTING = re.compile(r"\bRAPPORT_[A-Z0-9_]*[A-Z0-9]\b")
SECRET = re.compile(r"\brapport_[a-z]+__[a-z0-9_]*[a-z0-9]\b")
LINK = re.compile(r"\]\(([^)\s#:]+)(?:#[^)]*)?\)")


def codes(page: str) -> Iterator[str]:
    """What stands as code on a page."""
    for found in CODE.finditer((ROOT / page).read_text("utf-8")):
        yield next(part for part in found.groups() if part is not None)


def source_of(module: str) -> str:
    """Of the module, or of everything in its package; empty where there is none."""
    place = ROOT / module.replace(".", "/")
    files = [place.with_suffix(".py")] if place.with_suffix(".py").is_file() else sorted(place.rglob("*.py"))
    runs = place.with_suffix(".py").is_file() or (place / "__main__.py").is_file()
    return "\n".join(file.read_text("utf-8") for file in files) if runs else ""


def commands(group: Any, *path: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        yield " ".join((*path, name)), command
        if hasattr(command, "commands"):
            yield from commands(command, *path, name)


COMMANDS = dict(commands(get_command(app)))


def command_of(words: list[str]) -> Any:
    """The longest beginning of the words that is a command."""
    named = (" ".join(words[:size]) for size in range(len(words), 0, -1))
    return next((COMMANDS[name] for name in named if name in COMMANDS), None)


@pytest.mark.parametrize("page", PAGES)
def test_modules_and_their_options_exist(page: str) -> None:
    missing: list[str] = []
    for code in codes(page):
        for module, rest in MODULE.findall(code):
            if module == "tools.rapport":
                continue
            source = source_of(module)
            wanted = [*OPTION.findall(rest.partition(" #")[0]), *(one or other for one, other in ONLY.findall(rest))]
            missing += [module] if not source else [f"{module} {each}" for each in wanted if f'"{each}"' not in source]
    assert missing == []


@pytest.mark.parametrize("page", PAGES)
def test_targets_of_make_and_their_variables_exist(page: str) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = [found for code in codes(page) for found in MAKE.findall(code)]
    assert {target for target, _ in named} <= targets
    variables = {each.partition("=")[0] for _, rest in named for each in rest.split()}
    assert {each for each in variables if not re.search(rf"\b{each}\b", makefile)} == set()


@pytest.mark.parametrize("page", PAGES)
def test_commands_of_rapport_and_their_options_exist(page: str) -> None:
    missing: list[str] = []
    for code in codes(page):
        for words, rest in RAPPORT.findall(code):
            command = command_of(words.split())
            options = {name for each in getattr(command, "params", ()) for name in each.opts}
            unknown = [f"{words} {each}" for each in OPTION.findall(rest) if each not in options]
            missing += [words] if command is None else unknown
    assert missing == []


@pytest.mark.parametrize(
    "page", [*PAGES, *(file for file in TRACKED if re.match(r"deploy/(kube|images).*ya?ml$", file))]
)
def test_settings_exist(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    named = {each.upper() for each in (*SETTING.findall(text), *SECRET.findall(text))}
    known = dict.fromkeys((f"RAPPORT_OPERATOR__{each.upper()}" for each in SERVICES), False)
    for service in ALL:
        known |= names_of(settings_of(service))
    check_names(dict.fromkeys(named, ""), known)


@pytest.mark.parametrize("page", PAGES)
def test_files_and_links_exist(page: str) -> None:
    places = [code.rstrip("/") for code in codes(page) if PLACE.fullmatch(code)]
    missing = [each for each in places if each not in FOLDERS and each not in TRACKED and not list(ROOT.glob(each))]
    here = (ROOT / page).parent
    links = LINK.findall(CODE.sub("", (ROOT / page).read_text("utf-8")))
    missing += [link for link in links if not (here / link).resolve().exists()]
    assert missing == []
