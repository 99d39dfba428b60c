"""Files in which an operator says what holds: read, laid over what comes with contacts, and checked."""

from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from shared.errors import ConfigurationError

T = TypeVar("T", bound=BaseModel)


def read_file(path: Path, what: str) -> Mapping[str, object]:
    """The fields of a file; raises ConfigurationError where it is none of fields."""
    try:
        read = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"the {what} {path} cannot be read: {type(error).__name__}") from None
    if read is not None and not isinstance(read, dict):
        raise ConfigurationError(f"the {what} {path} cannot be used: it holds no fields")
    return read or {}


def check_file(model: type[T], fields: Mapping[str, object], path: Path, what: str) -> T:
    """Raises ConfigurationError with each field that cannot be accepted."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'policy'}: {each['msg']}" for each in error.errors())
        raise ConfigurationError(f"the {what} {path} cannot be used: {said}") from None
