"""Files by which operators define what support does."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from shared.errors import ConfigurationError

T = TypeVar("T")


def read_definitions(path: Path, adapter: TypeAdapter[T]) -> T:
    """What a file defines. Raises ConfigurationError, which an operator has to correct."""
    try:
        return adapter.validate_python(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, RecursionError, yaml.YAMLError, ValidationError) as error:
        raise ConfigurationError(f"{path}: {error}") from None
