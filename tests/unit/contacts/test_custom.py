from pathlib import Path
from typing import Any

import pytest

from services.contacts.custom import CustomFields, read_custom_fields
from shared.errors import ConfigurationError

FIELDS = CustomFields.model_validate(
    {
        "version": 3,
        "fields": {
            "sector": {"type": "text", "kinds": ["organisation"], "searched": True},
            "staff": {"type": "number"},
            "since": {"type": "day"},
            "size": {"type": "choice", "choices": ["small", "large"]},
            "vip": {"type": "flag"},
        },
    }
)


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("sector", "  a\u030abne ", "\u00e5bne"),
        ("staff", -4, -4),
        ("staff", 2.5, 2.5),
        ("since", "2024-02-29", "2024-02-29"),
        ("size", "small", "small"),
        ("vip", False, False),
    ],
)
def test_a_value_is_kept_in_one_form(name: str, value: Any, kept: Any) -> None:
    read = FIELDS.read(name, value, None)
    assert (read, type(read)) == (kept, type(kept))


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("sector", " ", None),
        ("sector", 5, None),
        ("sector", "x" * 1_001, None),
        ("sector", "toys", "person"),
        ("staff", True, None),
        ("staff", "5", None),
        ("since", "2023-02-29", None),
        ("since", "20230228", None),
        ("since", "2024-W01-1", None),
        ("size", "Small", None),
        ("size", "", None),
        ("vip", 1, None),
        ("vip", "true", None),
        ("other", "x", None),
    ],
)
def test_what_does_not_fit_its_definition_is_refused(name: str, value: Any, kind: Any) -> None:
    with pytest.raises(ValueError, match=r"this is|no field|not one of"):
        FIELDS.read(name, value, kind)


@pytest.mark.parametrize(
    "text",
    [
        "fields: {}",
        "version: 0",
        "version: 1\nfields: {Bad: {type: text}}",
        "version: 1\nfields: {a: {type: words}}",
        "version: 1\nfields: {a: {type: choice}}",
        "version: 1\nfields: {a: {type: text, choices: [b]}}",
        "version: 1\nfields: {a: {type: day, searched: true}}",
        "version: 1\nfields: {a: {type: text, kinds: []}}",
        "version: 1\nfields: {a: {type: text, length: 4}}",
    ],
)
def test_definitions_that_cannot_be_used_are_refused_when_the_service_starts(tmp_path: Path, text: str) -> None:
    file = tmp_path / "custom.yaml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match="custom fields"):
        read_custom_fields(file)


def test_the_file_that_comes_with_contacts_can_be_used() -> None:
    assert read_custom_fields().version == 1
