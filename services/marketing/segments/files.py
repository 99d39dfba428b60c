"""Segments as files: read and checked at start."""

from pathlib import Path

from services.marketing.catalogue.domain.reading import Source, Unreadable
from services.marketing.segments.domain.definition import Definition, read_definition
from shared.errors import ConfigurationError

FOLDER = "segments"
"""Beside the campaigns' files."""


def load_definitions(campaigns: Path) -> list[Definition]:
    """Every `*.yaml` of `segments/`, if there is such a folder. Raises ConfigurationError by file and field."""
    definitions = [_load(file) for file in sorted((campaigns / FOLDER).glob("*.yaml"))]
    names = [definition.name for definition in definitions]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigurationError(f"{campaigns / FOLDER} defines {', '.join(twice)} twice")
    return definitions


def _load(file: Path) -> Definition:
    try:
        return read_definition(Source(str(file), file.read_text(encoding="utf-8"), {}))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {' '.join(str(error).split())}") from None
    except Unreadable as error:
        raise ConfigurationError(str(error)) from None
