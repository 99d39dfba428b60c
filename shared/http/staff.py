"""Who acts over HTTP, by a staff id: no name and no address gets onto a topic."""

import re
from typing import Annotated

from pydantic import Field

from shared.errors import Invalid
from shared.http.auth import Principal

STAFF_ID = r"^[A-Za-z0-9._:-]{1,100}$"
StaffId = Annotated[str, Field(pattern=STAFF_ID, description="A staff id; by default the token's subject.")]


def staff_of(named: str | None, principal: Principal) -> str:
    """Who acts, as topics may tell it. Raises Invalid where the token's subject has to name them and is no staff id."""
    if named is None and re.fullmatch(STAFF_ID, principal.subject) is None:
        raise Invalid("the token's subject is no staff id, so name the agent", field="body.agent")
    return named or principal.subject
