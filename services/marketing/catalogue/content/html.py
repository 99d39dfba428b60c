"""The HTML part of a letter: MJML, made into HTML once, with the places of the values left open."""

from functools import lru_cache
from html.parser import HTMLParser

import mrml
from jinja2 import TemplateError

_DEEPEST = 60
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_OPTIONS = mrml.ParserOptions(include_loader=mrml.noop_loader())
"""Nothing is included: neither files nor addresses of the network."""


class Unfit(TemplateError):
    """No MJML, or none that may be sent."""


class _Depth(HTMLParser):
    """How deeply elements stand in each other; a deep one would break the parser of MJML, and the process with it."""

    def __init__(self) -> None:
        super().__init__()
        self._open = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002  the parser gives both
        if tag == "script":
            raise Unfit("an HTML part runs no script")
        self._open += tag not in _VOID
        if self._open > _DEEPEST:
            raise Unfit(f"elements stand more than {_DEEPEST} deep")

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        """Opens nothing."""

    def handle_endtag(self, tag: str) -> None:
        self._open -= tag not in _VOID


@lru_cache(maxsize=1_000)
def made_of(source: str) -> str:
    """The HTML of an MJML template, itself a template. Raises Unfit."""
    depth = _Depth()
    depth.feed(source)
    depth.close()
    try:
        return str(mrml.to_html(source, _OPTIONS).content)
    except OSError as error:
        raise Unfit(f"is no MJML: {error}") from None
