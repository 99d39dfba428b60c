"""Links of a letter that are counted when its reader follows them."""

from typing import Any
from urllib.parse import urlsplit

from jinja2 import TemplateRuntimeError, pass_context
from jinja2.runtime import Context

_LONGEST_URL, _LONGEST_LABEL = 2_000, 60


@pass_context
def tracked_filter(context: Context, url: Any, label: Any = "") -> str:
    """`{{ "https://shop.example/roses" | tracked("step-1") }}`: the address itself where nothing counts it.

    `label` names the link in what is counted; without one it is its place among them by address.
    """
    if not isinstance(url, str) or not isinstance(label, str) or len(label) > _LONGEST_LABEL:
        raise TemplateRuntimeError("tracked takes an address and a short label")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or len(url) > _LONGEST_URL or not url.isprintable():
        raise TemplateRuntimeError("tracked takes an address that begins with https:// or http://")
    link_to = context.get("link_to")
    return link_to(url, label) if callable(link_to) else url
