"""Every error that Rapport raises on purpose.

CrmError
├── BadRecord            the record can never be applied as it is: parked, with the later ones of its key if it `holds`
│   ├── Conflict         the same natural id with other content: parked alone
│   └── NoIdentity       a fact that names nobody who can be known: parked alone
├── Oversized            too much for one transaction: the batch is halved
├── Transient            worth another try: the batch backs off and is handled again
├── ConfigurationError   the operator has to change something; the message says what
└── Refused              an HTTP request that is understood and not possible (see shared/http/app.py)
    ├── NotFound
    ├── Stale            If-Match names an older version
    └── Invalid          a field has a value that cannot be accepted
"""

import re
from collections.abc import Mapping
from typing import Any

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


class CrmError(Exception):
    """Carries ids and reasons, never personal data: its text is logged, stored and shown to operators."""

    reason = "error"


class BadRecord(CrmError):
    """Refuses one event for good. `reason` is a stable word that operators filter by, `field` that of the data which it
    is about, where it is about one.

    `holds` says whether later records of its key wait for it. They do where they may build on it; a refusal after
    which they mean the same as before parks its record alone.
    """

    def __init__(self, reason: str, detail: str = "", *, holds: bool = True, field: str | None = None) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
        self.holds = holds
        self.field = field


class Conflict(BadRecord):
    """The natural id is known with other content."""

    def __init__(self, detail: str) -> None:
        super().__init__("conflict", detail, holds=False)


class NoIdentity(BadRecord):
    """No identity of the fact could be used."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("no_identity", detail, holds=False, field="party.identities")


class Oversized(CrmError):
    """A transaction would emit more than it may; fewer events at a time may not."""

    reason = "oversized"


class Transient(CrmError):
    """The same input may succeed later."""

    reason = "transient"


class ConfigurationError(CrmError):
    """Cannot be cured by trying again."""

    reason = "configuration"


class Refused(CrmError):
    """Becomes a problem document: `status`, a stable `reason`, and the field that it is about."""

    status = 400
    reason = "refused"

    def __init__(self, detail: str, *, field: str | None = None, state: object = None) -> None:
        super().__init__(detail)
        self.field = field
        self.state = state


class NotFound(Refused):
    """Nothing has this id."""

    status = 404
    reason = "not_found"


class Stale(Refused):
    """The aggregate has moved on; `state` is what it is now."""

    status = 409
    reason = "stale"


class Invalid(Refused):
    """A value that the schema admits and the rules do not."""

    status = 422
    reason = "invalid"


def field_of(error: Mapping[str, Any], data: object) -> str:
    """Which field of `data` one of pydantic's errors is about, as a path such as `party.identities.0.value`.

    Of its `loc` only names and places that the data has are told: not which member of a union was tried, and of a name
    that the sender made up, which may be personal or hold what no database keeps, only that there is one.
    """
    names: list[str] = []
    loc = error["loc"]
    for place, part in enumerate(loc, 1):
        if isinstance(data, Mapping) and part in data:
            names.append(part if _NAME.fullmatch(part) else "?")
            data = data[part]
        elif isinstance(data, list) and isinstance(part, int):
            names.append(str(part))
            data = data[part]
        elif error["type"] == "missing" and place == len(loc):
            names.append(str(part))
    return ".".join(names)
