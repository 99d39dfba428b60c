"""The words of a mail: HTML made into text that shows nothing hidden and runs nothing."""

import re
from html.parser import HTMLParser

import nh3

_TAGS = {"p", "div", "br", "li", "tr", "blockquote", "h1", "h2", "h3", "pre", "td", "th", "hr"}
_ENDS_LINE = _TAGS - {"td", "th"}
_MOST_TAGS = 5_000
_MOST_CHARACTERS = 50_000
"""A parser of HTML takes time with the square of what is nested, and of how many characters are written by their names:
above these, tags are only cut out.
"""
_TAG = re.compile(r"<[^<>]*>")
_SILENT = {"script", "style", "head", "title", "template", "svg", "math", "noscript"}


class _Lines(HTMLParser):
    """Collects the text of sanitised HTML, with a line for each block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag == "blockquote":
            self.quoted += 1
        if tag in _ENDS_LINE:
            self._end_line()
        elif tag in {"td", "th"}:
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "blockquote":
            self.quoted = max(0, self.quoted - 1)
        if tag in _ENDS_LINE:
            self._end_line()

    def handle_data(self, data: str) -> None:
        self.parts.append(" ".join(data.split()) if data.strip() else " ")

    def _end_line(self) -> None:
        self.parts.append("\n" + "> " * min(self.quoted, 3))


def text_of_html(html: str) -> str:
    """What a reader would see of it, line by line; quoted parts begin with `>`."""
    if html.count("<") > _MOST_TAGS or html.count("&") > _MOST_CHARACTERS:
        return tidy(" ".join(_TAG.sub(" ", html).split()))
    lines = _Lines()
    lines.feed(nh3.clean(html, tags=_TAGS, clean_content_tags=_SILENT, attributes={}))
    lines.close()
    return tidy("".join(lines.parts))


def tidy(text: str) -> str:
    """Without NUL, without spaces at the ends of lines, and with at most one empty line in a row."""
    lines = [line.rstrip() for line in text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    kept: list[str] = []
    for line in lines:
        if line.strip("> ") or (kept and kept[-1]):
            kept.append(line if line.strip("> ") else "")
    return "\n".join(kept).strip("\n")
