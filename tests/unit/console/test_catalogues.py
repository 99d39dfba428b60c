"""Every text of a page is in every catalogue, translated, with the same places for values."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tools.catalogues import CONSOLE, LOCALE, forms_of, load, renewed, texts

CATALOGUES = sorted(LOCALE.glob("*.po"))
PLACES = re.compile(r"%\(\w+\)s")
# Names, codes and signs, which are the same in every language.
UNTRANSLATED = {"Rapport", "English", "Dansk", "ada@example.com"}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
@pytest.mark.slow
def test_a_catalogue_has_exactly_the_texts_that_there_are(path: Path) -> None:
    assert path.read_bytes() == renewed(load(path)), "run `python -m tools.catalogues`, then translate"


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.stem)
@pytest.mark.slow
def test_every_text_is_translated_with_its_values(path: Path) -> None:
    catalogue = load(path)
    for text in texts():
        forms = (text,) if isinstance(text, str) else text
        found = catalogue.get(forms[0])
        assert found is not None
        translated = forms_of(found)
        assert all(translated), forms[0]
        for form, meant in zip(translated, forms, strict=True):
            assert sorted(PLACES.findall(form)) == sorted(PLACES.findall(meant)), form


class _Words(HTMLParser):
    """Texts and named attributes that stand in a template by themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        self.found += [
            value for name, value in attrs if value and name in {"aria-label", "placeholder", "alt", "title"}
        ]


@pytest.mark.parametrize("path", sorted(CONSOLE.glob("*/templates/*.html")), ids=lambda path: path.name)
def test_no_text_of_a_template_stands_outside_of_the_catalogues(path: Path) -> None:
    source = path.read_text("utf-8")
    source = re.sub(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", "", source, flags=re.DOTALL)
    source = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", source, flags=re.DOTALL)
    words = _Words()
    words.feed(source)
    said = {each.strip(" \n·,:/\u2013→⌘") for each in words.found}
    assert {each for each in said if len(each) > 1} - UNTRANSLATED == set()
