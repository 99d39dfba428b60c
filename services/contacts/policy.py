"""The identity policy: what names somebody, how strongly, and how many of it a party has (`identities.yaml`)."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from shared.errors import ConfigurationError

DEFAULT = Path(__file__).with_name("identities.yaml")
_WHAT = "identity policy"
T = TypeVar("T", bound=BaseModel)


def _in_lower_case(values: object) -> object:
    return [str(value).strip().lower() for value in values] if isinstance(values, list) else values


class KindPolicy(BaseModel):
    """What holds for one type of identity.

    Of two identities of a fact the one of greater `strength` decides. A party has at most `most` of the type, an
    external id of each system. One that more than `parties` parties carry names nobody. `blocked` values name nobody.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    strength: Annotated[int, Field(ge=1, le=100)]
    most: Annotated[int, Field(ge=1, le=1_000)]
    parties: Annotated[int, Field(ge=1, le=100_000)]
    blocked: Annotated[frozenset[str], BeforeValidator(_in_lower_case)] = frozenset()


class IdentityPolicy(BaseModel):
    """`warn_at` is the part of a limit from which a party's identities are warned of."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    external: KindPolicy = KindPolicy(strength=40, most=1, parties=1)
    email: KindPolicy = KindPolicy(strength=30, most=20, parties=50)
    phone: KindPolicy = KindPolicy(strength=20, most=20, parties=20)
    anonymous: KindPolicy = KindPolicy(strength=10, most=100, parties=10)
    warn_at: Annotated[float, Field(gt=0, le=1)] = 0.5

    @cached_property
    def kinds(self) -> Mapping[str, KindPolicy]:
        return {"external": self.external, "email": self.email, "phone": self.phone, "anonymous": self.anonymous}

    @cached_property
    def order(self) -> Mapping[str, int]:
        """By type, the lower the stronger; a party's id, which was learnt from us, is the strongest."""
        return {"party": 0} | {name: 101 - kind.strength for name, kind in self.kinds.items()}

    def warns(self, type_: str, count: int) -> bool:
        """Whether a party that has so many of a type is near its limit."""
        most = self.kinds[type_].most
        return most > 1 and count >= most * self.warn_at

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if len({kind.strength for kind in self.kinds.values()}) < len(self.kinds):
            raise ValueError("no two types have the same strength")
        if self.external.most != 1:
            raise ValueError("external: a party has one id of each system")
        if self.anonymous.strength != min(kind.strength for kind in self.kinds.values()):
            raise ValueError("anonymous: a device or cookie is the weakest")
        return self


def read_policy(path: Path = DEFAULT) -> IdentityPolicy:
    """The policy of a file; what it leaves out is as in the file that comes with contacts.

    Raises ConfigurationError with the field that cannot be accepted.
    """
    fields = lay_over(read_file(DEFAULT, _WHAT), read_file(path, _WHAT))
    return check_file(IdentityPolicy, fields, path, _WHAT)


def read_file(path: Path, what: str) -> Mapping[str, object]:
    """The fields of a file; raises ConfigurationError where it is none of fields."""
    try:
        read = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, RecursionError, yaml.YAMLError) as error:
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


def lay_over(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    """The fields of `above` before those of `below`; lists, which are blocked values, are put together."""
    merged = dict(below)
    for name, value in above.items():
        known = merged.get(name)
        if isinstance(known, dict) and isinstance(value, dict):
            merged[name] = lay_over(known, value)
        elif isinstance(known, list) and isinstance(value, list):
            merged[name] = [*known, *value]
        else:
            merged[name] = value
    return merged
