"""What is to be known of a party, and how much each field weighs (`completeness.yaml`)."""

from collections.abc import Collection, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from services.contacts.policy import check_file, read_file
from shared.events.values import PartyKind, Role

DEFAULT = Path(__file__).with_name("completeness.yaml")
_WHAT = "completeness policy"
Asked = Literal[
    "name",
    "email",
    "phone",
    "customer_number",
    "street",
    "postal_code",
    "city",
    "country",
    "birth_date",
    "locale",
    "time_zone",
]
Weights = dict[Asked, Annotated[int, Field(strict=True, ge=0, le=1_000)]]


class Kinds(BaseModel):
    """What counts whatever the roles are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    person: Weights
    organisation: Weights


class CompletenessPolicy(BaseModel):
    """The weights by kind, and by role what counts more or besides."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kinds: Kinds
    roles: dict[Role, Weights] = {}
    _found: dict[tuple[str, frozenset[str]], Mapping[Asked, int]] = PrivateAttr(default_factory=dict)

    def weights_of(self, kind: PartyKind, roles: Collection[str]) -> Mapping[Asked, int]:
        """The fields that count for such a party, in the order of the file."""
        counting = frozenset(role for role in self.roles if role in roles)
        found = self._found.get((kind, counting))
        if found is None:
            found = self._found[kind, counting] = self._find_weights(kind, counting)
        return found

    def _find_weights(self, kind: PartyKind, roles: Collection[str]) -> Mapping[Asked, int]:
        weights = dict(self.kinds.person if kind == "person" else self.kinds.organisation)
        own = [asked for role, asked in self.roles.items() if role in roles]
        for field in dict.fromkeys(field for asked in own for field in asked):
            weights[field] = max(asked[field] for asked in own if field in asked)
        return {field: weight for field, weight in weights.items() if weight}

    @property
    def digest(self) -> str:
        """Another for another policy."""
        return sha256(self.model_dump_json().encode()).hexdigest()


def read_completeness(path: Path = DEFAULT) -> CompletenessPolicy:
    """The policy of a file. Raises ConfigurationError with the field that cannot be accepted."""
    return check_file(CompletenessPolicy, read_file(path, _WHAT), path, _WHAT)
