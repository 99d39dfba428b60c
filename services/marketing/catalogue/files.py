"""Campaigns as files: read and checked at start."""

from pathlib import Path

from services.marketing.catalogue.domain.definition import Definition
from services.marketing.catalogue.domain.reading import Source, Unreadable, read
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
    """One file and its templates. Raises ConfigurationError that names the file, the line and each field."""
    try:
        text = file.read_text(encoding="utf-8")
        parts = [each for kind in ("*.txt", "*.mjml") for each in (file.parent / TEMPLATES).glob(kind)]
        templates = {each.name: each.read_text(encoding="utf-8") for each in parts}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {' '.join(str(error).split())}") from None
    try:
        return read(Source(str(file), text, templates))
    except Unreadable as error:
        raise ConfigurationError(str(error)) from None
