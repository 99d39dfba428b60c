"""What a segment's file may say."""

import hashlib
import json
from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field, field_validator

from services.marketing.catalogue.domain.condition import Condition, named_in
from services.marketing.catalogue.domain.flow import is_party_variable
from services.marketing.catalogue.domain.reading import Source, read_model
from services.marketing.catalogue.domain.steps import Name, Part

_PARTY = "party."


class Definition(Part):
    """A segment: the parties for which `when` holds. It asks `party.…`, but not for other segments."""

    name: Name
    description: Annotated[str, Field(max_length=500)] = ""
    when: Condition

    @field_validator("when")
    @classmethod
    def _of_parties(cls, when: dict[str, Any]) -> dict[str, Any]:
        for path, name, _ in named_in(when):
            bare = name.removeprefix(_PARTY)
            if bare in {name, "segments"} or not is_party_variable(bare):
                where = ".".join(map(str, path))
                raise ValueError(f"{where}: a segment may ask for what a party has (party.spent.DKK), not for {name}")
        return when

    @cached_property
    def asks(self) -> frozenset[str]:
        """What is asked of a party, without the member of a family: `spent` for `party.spent.DKK`."""
        return families_in(name for _, name, _ in named_in(self.when))

    def document(self) -> dict[str, Any]:
        return self.model_dump(mode="json")

    def digest(self) -> str:
        canonical = json.dumps(self.document(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()


def read_definition(source: Source) -> Definition:
    """Raises Unreadable."""
    return read_model(source, Definition)


def families_in(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.removeprefix(_PARTY).partition(".")[0] for name in names)
