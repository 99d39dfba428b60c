"""A page for whoever follows a signed link: it loads nothing, runs nothing, and is kept and found by nobody."""

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<body>{body}</body></html>
"""


def form_page(title: str, body: str) -> str:
    """`body` is HTML of our own, and holds nothing that anybody sent."""
    return _PAGE.format(title=title, body=body)
