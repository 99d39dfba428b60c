"""Campaigns as files: read and checked at start."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from services.marketing.catalogue.domain.definition import Definition
from shared.errors import ConfigurationError

TEMPLATES = "templates"


def load_definitions(folder: Path) -> list[Definition]:
    """Every `*.yaml` of the folder, with its texts from `templates/`. Raises ConfigurationError by file and field."""
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise ConfigurationError(
            f"{folder} holds no campaign (*.yaml): set RAPPORT_MARKETING__CAMPAIGNS to a folder that does"
        )
    definitions = [load_definition(file) for file in files]
    names = [definition.name for definition in definitions]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigurationError(f"{folder} defines {', '.join(twice)} twice: a campaign is known by its name")
    return definitions


def load_definition(file: Path) -> Definition:
    """One file and its templates. Raises ConfigurationError that names the file and each field that is wrong."""
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise ConfigurationError(f"{file} is no mapping: begin with `name: …`")
    _add_texts(file, content)
    try:
        return Definition.model_validate(content)
    except ValidationError as error:
        raise ConfigurationError("; ".join(f"{file}: {problem}" for problem in _problems(error))) from None


def _add_texts(file: Path, content: dict[str, Any]) -> None:
    """Put the texts of each content into the definition; what is no list or mapping is left for the model to refuse."""
    steps = content.get("steps")
    for step in steps if isinstance(steps, list) else ():
        entries = step.get("content") if isinstance(step, dict) else None
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict):
                entry["texts"] = _texts(file, str(entry.get("template")))


def _texts(file: Path, template: str) -> dict[str, dict[str, str]]:
    """By language: `thanks.txt` is for everybody, `thanks.da.txt` for those who read Danish."""
    folder = file.parent / TEMPLATES
    paths = [folder / f"{template}.txt", *sorted(folder.glob(f"{template}.??.txt"))]
    if not paths[0].is_file():
        raise ConfigurationError(f"{file}: template {template} is missing: write {paths[0]}")
    return {path.name.removeprefix(template)[1:-4].rstrip("."): _text(path) for path in paths}


def _text(path: Path) -> dict[str, str]:
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    if not head.startswith("Subject:") or "\n" in head or not body.strip():
        raise ConfigurationError(f"{path}: the first line is `Subject: …`, the second is empty, the body follows")
    return {"subject": head.removeprefix("Subject:").strip(), "body": body}


def _problems(error: ValidationError) -> list[str]:
    return [
        f"{'.'.join(map(str, each['loc'])) or 'definition'}: {each['msg'].removeprefix('Value error, ')}"
        for each in error.errors(include_url=False, include_context=False)
    ]
