"""A page for whoever follows a signed link: it loads and runs what its policy names alone, and nobody keeps it."""

from base64 import b64encode
from hashlib import sha256
from html import escape
from typing import Literal

Language = Literal["en", "da"]
"""What these pages are written in."""
_READ_DANISH = frozenset({"da", "fo", "kl", "nb", "nn", "no"})
_STYLE = """
:root{color-scheme:light dark}
body{font:1rem/1.5 system-ui,sans-serif;margin:0;padding:1rem}
main{max-width:34rem;margin:0 auto;overflow-wrap:anywhere}
h1{font-size:1.4rem}
fieldset{border:1px solid;border-radius:.4rem;margin:0 0 1rem;padding:.4rem 1rem}
label{display:flex;gap:.7rem;align-items:center;min-height:2.75rem}
video{display:block;width:100%}
input{width:1.4rem;height:1.4rem;flex:none;margin:0}
button{font:inherit;min-width:2.75rem;min-height:2.75rem;margin:0 .3rem .5rem 0;padding:.3rem .8rem}
"""
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()


def policy_of(*allowed: str) -> str:
    """The policy of a page, which may load and do what is named here and nothing else."""
    return "; ".join(["default-src 'none'", f"style-src 'sha256-{_STYLE_HASH}'", *allowed, "frame-ancestors 'none'"])


HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": policy_of("form-action 'self'"),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_PAGE = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title><style>{style}</style></head>
<body><main><h1>{title}</h1>{body}</main></body></html>
"""


def form_page(title: str, body: str, language: Language = "en") -> str:
    """`body` is HTML: what anybody sent stands in it escaped."""
    return _PAGE.format(language=language, title=escape(title), style=_STYLE, body=body)


def language_of(locale: str | None) -> Language:
    """What a reader of this locale is shown: Danish to whoever reads it, else English."""
    language = (locale or "").replace("_", "-").partition("-")[0].lower()
    return "da" if language in _READ_DANISH else "en"
