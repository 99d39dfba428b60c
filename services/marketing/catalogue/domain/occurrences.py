"""Which events a campaign may speak of, and the fields that they have."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from shared.events.agreements import AgreementAmended, AgreementLapsed, AgreementSigned, AgreementTerminated
from shared.events.campaigns import EnrolmentRequested, SegmentEntered, SegmentLeft, TierChanged
from shared.events.contacts import (
    ConsentGiven,
    ConsentWithdrawn,
    InteractionRecorded,
    LifecycleChanged,
    PartyRegistered,
    SurveyAnswered,
)
from shared.events.contract import contract_of
from shared.events.insights import ScoreComputed
from shared.events.sales import ProductChosen, SaleAmended, SaleCancelled, SaleCompleted, SaleRefunded
from shared.events.tickets import TicketOpened, TicketReopened, TicketResolved, TicketStatusChanged

Occurrence = (
    ProductChosen
    | SaleCompleted
    | SaleAmended
    | SaleCancelled
    | SaleRefunded
    | PartyRegistered
    | LifecycleChanged
    | ConsentGiven
    | ConsentWithdrawn
    | InteractionRecorded
    | SurveyAnswered
    | TicketOpened
    | TicketReopened
    | TicketResolved
    | TicketStatusChanged
    | AgreementSigned
    | AgreementAmended
    | AgreementLapsed
    | AgreementTerminated
    | ScoreComputed
    | SegmentEntered
    | SegmentLeft
    | TierChanged
    | EnrolmentRequested
)
"""What happens to a party and may start, move or end an enrolment."""


def _name(type_: str) -> str:
    return type_.removeprefix("crm.").rpartition(".v")[0]


OCCURRENCES: Mapping[str, type[Any]] = {_name(contract_of(model).type): model for model in get_args(Occurrence)}
NAMES: Mapping[type[Any], str] = {model: name for name, model in OCCURRENCES.items()}

Value = str | int | float | bool | datetime | None
Values = tuple[Value, ...]
"""What stands at a path: one value, or those of each element of a list; none where something on the way is missing."""


def type_at(model: type[Any], path: str) -> object:
    """The type of what stands at a path such as `total.minor` or `lines.sku`; None where there is no such field."""
    found: object = model
    for name in path.split("."):
        found = _element(found)
        if not is_dataclass(found) or name not in {field.name for field in fields(found)}:
            return None
        found = get_type_hints(found, include_extras=False)[name]
    found = _element(found)
    return None if is_dataclass(found) else found


def words_of(type_: object) -> tuple[str, ...]:
    """The words that a field may hold; empty where any will do."""
    return tuple(map(str, get_args(type_))) if get_origin(type_) is Literal else ()


def values_at(data: object, path: str) -> Values:
    found = [data]
    for name in path.split("."):
        found = [getattr(each, name, None) for each in found]
        found = [part for each in found for part in (each if isinstance(each, list) else [each])]
    return tuple(_plain(each) for each in found if each is not None)


def _plain(value: object) -> Value:
    return value if isinstance(value, str | int | float | datetime) else str(value)


def _element(type_: object) -> object:
    """Without what makes it optional, annotated or a list."""
    while True:
        origin, arguments = get_origin(type_), get_args(type_)
        if origin is Annotated or origin is list:
            type_ = arguments[0]
        elif origin in {Union, UnionType}:
            (type_,) = [each for each in arguments if each is not NoneType][:1]
        else:
            return type_


PRODUCTS: Mapping[type[Any], str | None] = {
    model: next((path for path in ("lines.sku", "sku") if type_at(model, path) is not None), None) for model in NAMES
}
"""Where an event says which products it is about."""
