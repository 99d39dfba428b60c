"""What is logged of an exception never quotes a value."""

import asyncpg
import pytest
from pydantic import BaseModel, ValidationError

from shared.errors import BadRecord, Transient
from shared.telemetry.redaction import causes, describe, frames

PERSON = "ada@example.com"


class Customer(BaseModel):
    age: int
    names: list[int]


def _of_the_database() -> asyncpg.PostgresError:
    return asyncpg.exceptions.UniqueViolationError.new(
        {
            "C": "23505",
            "M": f'duplicate key value "{PERSON}"',
            "D": f"Key (email)=({PERSON}) already exists.",
            "n": "identity_pkey",
            "t": "identity",
        }
    )


def _of_validation() -> ValidationError:
    try:
        Customer.model_validate({"age": PERSON, "names": [PERSON]})
    except ValidationError as error:
        return error
    raise AssertionError


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (_of_the_database(), "UniqueViolationError: sqlstate=23505 table_name=identity constraint_name=identity_pkey"),
        (_of_validation(), "ValidationError: age int_parsing, names.0 int_parsing"),
        (ValueError(PERSON), "ValueError"),
        (KeyError(PERSON), "KeyError"),
        (asyncpg.DataError(f"invalid input for query argument $1: '{PERSON}'"), "DataError: sqlstate=22000"),
        (asyncpg.InterfaceError("connection is closed"), "InterfaceError: connection is closed"),
        (
            ExceptionGroup("both", [ValueError(PERSON), Transient("later")]),
            "ExceptionGroup: ValueError; Transient: later",
        ),
        (BadRecord("no_identity", "none of 2"), "BadRecord: no_identity: none of 2"),
        (ConnectionRefusedError(111, "Connection refused"), "ConnectionRefusedError: [Errno 111] Connection refused"),
        (TypeError("f() takes 1 argument"), "TypeError: f() takes 1 argument"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_the_kind_is_shown_and_no_value(error: BaseException, shown: str) -> None:
    assert describe(error) == shown


def test_places_and_causes_are_told() -> None:
    try:
        try:
            raise ValueError(PERSON)
        except ValueError as error:
            raise Transient("the database is away") from error
    except Transient as raised:
        assert causes(raised) == ["ValueError"]
        (place,) = frames(raised.__traceback__)
        assert place.endswith("test_places_and_causes_are_told")


def test_a_suppressed_cause_is_not_told() -> None:
    try:
        try:
            raise ValueError(PERSON)
        except ValueError:
            raise Transient("the database is away") from None
    except Transient as raised:
        assert causes(raised) == []


def test_a_ring_of_causes_ends() -> None:
    one, other = ValueError(), ValueError()
    one.__cause__, other.__cause__ = other, one
    assert causes(one) == ["ValueError"]
