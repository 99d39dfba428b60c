"""`python -m tools.catalogues`: the texts of pages, in the order of their words, into each language's catalogue.

Translations stay; a new text comes in empty, and one that no page has any more goes.
"""

import argparse
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

ROOT = Path(__file__).resolve().parents[1]
CONSOLE = ROOT / "services" / "console"
LOCALE = CONSOLE / "locale"
_KEYWORDS = {"_": None, "text": None, "gettext": None, "ngettext": (1, 2)}
_OPTIONS = {"extensions": "jinja2.ext.do", "silent": "false", "newstyle_gettext": "true"}

Text = str | tuple[str, ...]
"""A text, or its forms for one and for many."""


def texts() -> list[Text]:
    """Every text of every page."""
    found = {*_texts_of("*/templates/*.html"), *_texts_of("*/*.py")}
    return sorted(found, key=lambda text: text if isinstance(text, str) else text[0])


def _texts_of(pattern: str) -> Iterator[Text]:
    for path in sorted(CONSOLE.glob(pattern)):
        with path.open("rb") as file:
            if path.suffix == ".html":
                found = [text for _, _, text, _ in babel_extract(file, ("_", "gettext", "ngettext"), (), _OPTIONS)]
            else:
                found = [text for _, text, _, _ in extract("python", file, keywords=_KEYWORDS)]
            yield from (_whole(text) for text in found if text)  # none where a variable holds it


def _whole(text: str | tuple[str | None, ...] | list[str | None]) -> Text:
    """Without what is no form of it, such as the number that decides between them."""
    if isinstance(text, str):
        return text
    forms = tuple(part for part in text if part is not None)
    return forms[0] if len(forms) == 1 else forms


def load(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.stem)


def renewed(known: Catalog) -> bytes:
    """The catalogue's file with exactly the texts that there are."""
    fresh = Catalog(locale=known.locale, fuzzy=False)
    for text in texts():
        before: Message | None = known.get(text if isinstance(text, str) else text[0])
        fresh.add(text, before.string if before is not None else "")
    out = BytesIO()
    write_po(out, fresh, width=0, omit_header=True, sort_output=False)
    return _HEAD.format(language=known.locale).encode() + out.getvalue()


_HEAD = """# Texts of the console. Renewed by `python -m tools.catalogues`, translated by hand.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


def main() -> int:
    """Exit status 1 where something is not translated."""
    argparse.ArgumentParser("python -m tools.catalogues", description=__doc__).parse_args()
    empty = 0
    for path in sorted(LOCALE.glob("*.po")):
        path.write_bytes(renewed(load(path)))
        missing = [message.id for message in load(path) if message.id and not all(forms_of(message))]
        empty += len(missing)
        sys.stdout.write(f"{path.relative_to(ROOT)}: {len(missing)} to translate\n")
    return 1 if empty else 0


def forms_of(message: Message) -> tuple[str, ...]:
    """The translation, for one and for many where there are two."""
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


if __name__ == "__main__":
    sys.exit(main())
