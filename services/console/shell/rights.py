"""Which rights open a page, and which ones take a form.

Told by method and path alone: a new route needs no line here, and none can forget to have one.
"""

import re

_FORM = re.compile(
    r"/new/\w+|/(parties|disputes|erasures)/new|/(parties|agents|articles)/[^/]+/edit|/parties/[^/]+/identities"
    r"|/(views|replies)/[^/]+|/backtests/.+"
)
"""Pages that are a form and nothing else: whoever may not send it has no use for them."""
_NOBODYS = frozenset[str]()


def rights_of(method: str, path: str) -> frozenset[str]:
    """What the services' routes behind it ask for; nothing for what is everybody's own, such as the language."""
    reads = method in {"GET", "HEAD"}
    if path == "/look":
        return _NOBODYS
    if path == "/operations" or path.startswith("/operations/"):
        return frozenset({"crm:admin"})
    if re.fullmatch(r"/models/[^/]+/promote", path):
        return frozenset({"crm:read", "crm:admin"})
    if path.startswith("/erasures/") and (not reads or path == "/erasures/new"):
        return frozenset({"crm:read", "crm:erase"})
    return frozenset({"crm:read"} if reads and not _FORM.fullmatch(path) else {"crm:read", "crm:write"})
