"""Links of a letter that are counted when its reader follows them, or watches where they lead."""

import re
from typing import Any
from urllib.parse import urlsplit

from jinja2 import TemplateRuntimeError, pass_context
from jinja2.runtime import Context

_LONGEST_URL, _LONGEST_LABEL = 2_000, 60
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?")


@pass_context
def tracked_filter(context: Context, url: Any, label: Any = "") -> str:
    """`{{ "https://shop.example/roses" | tracked("step-1") }}`: the address itself where nothing counts it.

    `label` names the link in what is counted; without one it is its place among them by address.
    """
    return _linked(context, "tracked", "link_to", url, label)


@pass_context
def video_filter(context: Context, url: Any, label: Any = "") -> str:
    """`{{ "https://shop.example/film.mp4" | video("film") }}`: a page that plays it; the address itself where nothing
    counts who watches. `label` names the video in what is counted.
    """
    if not str(label).strip() or not isinstance(url, str) or not _HOST.fullmatch(urlsplit(url).netloc):
        raise TemplateRuntimeError("video takes an address such as https://shop.example/film.mp4, and a label")
    return _linked(context, "video", "video_to", url, label)


def origin_of(url: str) -> str:
    """Of a video's address: from where the page that plays it may load."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _linked(context: Context, name: str, maker: str, url: Any, label: Any) -> str:
    if not isinstance(url, str) or not isinstance(label, str) or len(label) > _LONGEST_LABEL:
        raise TemplateRuntimeError(f"{name} takes an address and a short label")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or len(url) > _LONGEST_URL or not url.isprintable():
        raise TemplateRuntimeError(f"{name} takes an address that begins with https:// or http://")
    link_to = context.get(maker)
    return str(link_to(url, label)) if callable(link_to) else url
