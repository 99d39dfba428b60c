"""The fields that people of the company define for parties (`custom.yaml`)."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.contacts.policy import check_file, read_file
from shared.events.values import CustomName, CustomValue, PartyKind, tidy

DEFAULT = Path(__file__).with_name("custom.yaml")
_WHAT = "custom fields"
_LONGEST = 1_000
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
FieldType = Literal["text", "number", "day", "choice", "flag"]
_WORDS: Mapping[FieldType, str] = {
    "text": f"this is a text of up to {_LONGEST} characters",
    "number": "this is a number",
    "day": "this is a day, as 1990-04-17",
    "choice": "this is one of the choices of the field",
    "flag": "this is true or false",
}


class Definition(BaseModel):
    """What a field may hold, and of which parties."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: FieldType
    choices: Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=1_000)] = []
    kinds: Annotated[list[PartyKind], Field(min_length=1)] = ["person", "organisation"]
    searched: bool = False

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("choices are those of a choice")
        if self.searched and self.type not in {"text", "choice"}:
            raise ValueError("only words are searched")
        return self


class CustomFields(BaseModel):
    """The definitions by name; `version` counts their changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Annotated[int, Field(strict=True, ge=1, le=2**31 - 1)]
    fields: Annotated[dict[CustomName, Definition], Field(max_length=100)] = {}

    @property
    def digest(self) -> str:
        """Another for other definitions."""
        return sha256(self.model_dump_json().encode()).hexdigest()

    def read(self, name: str, value: CustomValue, kind: PartyKind | None) -> CustomValue:
        """The value in the one form in which it is kept. Raises ValueError with words for its sender."""
        definition = self.fields.get(name)
        if definition is None:
            raise ValueError("no field of this name is defined")
        if kind is not None and kind not in definition.kinds:
            raise ValueError(f"this field is not one of a {kind}")
        read = _READERS[definition.type](value)
        if read is None or (definition.type == "choice" and read not in definition.choices):
            raise ValueError(_WORDS[definition.type])
        return read

    def is_searched(self, name: str) -> bool:
        definition = self.fields.get(name)
        return definition is not None and definition.searched


def _text(value: CustomValue) -> CustomValue | None:
    text = tidy(value)
    return text if isinstance(text, str) and len(text) <= _LONGEST else None


def _number(value: CustomValue) -> CustomValue | None:
    return value if not isinstance(value, bool | str) else None


def _day(value: CustomValue) -> CustomValue | None:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        return None


def _flag(value: CustomValue) -> CustomValue | None:
    return value if isinstance(value, bool) else None


_READERS: Mapping[FieldType, Callable[[CustomValue], CustomValue | None]] = {
    "text": _text,
    "number": _number,
    "day": _day,
    "choice": _text,
    "flag": _flag,
}


def read_custom_fields(path: Path = DEFAULT) -> CustomFields:
    """The definitions of a file. Raises ConfigurationError with the field that cannot be accepted."""
    return check_file(CustomFields, read_file(path, _WHAT), path, _WHAT)
