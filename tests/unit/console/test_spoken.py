"""What templates say stands in them in the reader's language once they are compiled."""

import re
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment, UndefinedError, meta
from markupsafe import Markup

from services.console.shell import spoken
from services.console.shell.pages import environment_of
from services.console.shell.spoken import SpokenEnvironment
from services.console.shell.tags import badge

_CONSOLE = Path(spoken.__file__).resolve().parents[1]
EVERYWHERE = {"page", "words", "moments", "agent", "sections", "writes", "_trans", "heads", "rows"}
"""What every page has, what jinja makes of texts, and what `parts.html` sets where it calls a part of its own."""

TEMPLATES = {
    "fixed": "{{ _('Customers') }}{% if _('Customers') == asked %}!{% endif %} {% trans %}Tickets{% endtrans %}",
    "chosen": "{{ _(asked) }}",
    "with-values": (
        "{{ _('Ticket %(number)s', number=n) }} {% trans waiting=n %}{{ waiting }} events to publish{% endtrans %}"
    ),
    "in-a-name": "{% macro said(text) %}<b>{{ text }}</b>{% endmacro %}{{ said(_('Customers') ~ asked) }}",
}


@pytest.mark.parametrize(
    ("language", "name", "asked", "shown"),
    [
        ("en", "fixed", "Customers", "Customers! Tickets"),
        ("da", "fixed", "Kunder", "Kunder! Sager"),
        ("da", "chosen", "Customers", "Kunder"),
        ("da", "with-values", "", "Sag &lt;7&gt; &lt;7&gt; hændelser at udgive"),
        ("da", "in-a-name", "<i>", "<b>Kunder&lt;i&gt;</b>"),
    ],
)
def test_a_text_is_said_in_the_language_of_its_environment(language: str, name: str, asked: str, shown: str) -> None:
    environment = SpokenEnvironment(language)
    environment.loader = DictLoader(TEMPLATES)
    assert environment.get_template(name).render(asked=asked, n="<7>") == shown


def test_a_fixed_text_is_not_looked_up_when_it_is_shown() -> None:
    environment = SpokenEnvironment("da")
    environment.loader = DictLoader(TEMPLATES)
    template = environment.get_template("fixed")
    environment.globals |= {"_": None, "gettext": None}
    assert template.render(asked="") == "Kunder Sager"


def test_what_two_templates_import_is_made_once_for_a_page_and_anew_for_the_next() -> None:
    environment = SpokenEnvironment("en")
    environment.loader = DictLoader(
        {
            "parts": "{% do counted.append(1) %}{% macro said() %}{{ text }}{% endmacro %}",
            "pieces": "{% import 'parts' as parts with context %}"
            "{% macro twice() %}{{ parts.said() * 2 }}{% endmacro %}",
            "page": "{% import 'parts' as parts with context %}{% import 'pieces' as pieces with context %}"
            "{{ parts.said() }}{{ pieces.twice() }}",
        }
    )
    counted: list[int] = []
    shown = [environment.get_template("page").render(counted=counted, made={}, text=text) for text in "ab"]
    assert shown == ["aaa", "bbb"]
    assert len(counted) == 2


def test_what_is_imported_with_context_speaks_of_what_every_page_has() -> None:
    """It is made once for a page, by the first template that imports it, so it uses nothing that one of them sets."""
    environment = environment_of.__wrapped__("en")  # a new one: other tests put their own files into what is kept
    paths = _CONSOLE.glob("*/templates/*.html")
    sources = {f"{path.parent.parent.name}/{path.name}": path.read_text("utf-8") for path in paths}
    imported = {name for source in sources.values() for name in re.findall(r'"([\w/.]+)".* with context', source)}
    assert "shell/parts.html" in imported
    for name in imported:
        used = meta.find_undeclared_variables(environment.parse(sources[name]))
        assert used - EVERYWHERE - environment.globals.keys() == set(), name


@pytest.mark.parametrize("name", ["items", "keys", "values", "get"])
def test_a_key_that_is_called_like_something_of_a_dict_hides_it_from_nobody(name: str) -> None:
    environment = SpokenEnvironment("en")
    template = environment.from_string(
        "{% for key, value in said.items() %}{{ key }}{{ value }}{% endfor %}{{ said.other }}"
    )
    assert template.render(said={name: 1, "other": 2}) == f"{name}1other22"


def test_a_key_that_is_not_there_is_an_error() -> None:
    template = SpokenEnvironment("en").from_string("{{ said.nothing }}")
    with pytest.raises(UndefinedError):
        template.render(said={"other": 2})


def test_what_a_template_writes_out_is_escaped_once_whatever_it_is() -> None:
    environment = SpokenEnvironment("en")
    environment.loader = DictLoader(
        {
            "parts": "{% macro said(text, more='') %}<b>{{ text }}{{ more }}</b>{% endmacro %}"
            "{% macro around(text) %}<b>{{ text }}{{ caller() }}</b>{% endmacro %}",
            "page": "{% import 'parts' as parts with context %}{% for each in texts %}{{ parts.said(each, more='&') }}"
            "{% call parts.around(each) %}{{ each }}{% endcall %}{% endfor %}"
            "{{ number }}{{ safe }}{{ badge('<', 'x') }}",
        }
    )
    values = {"number": 7, "safe": Markup("<br>"), "badge": badge, "texts": ["<'\">"]}
    text = "&lt;&#39;&#34;&gt;"
    assert environment.get_template("page").render(values) == (
        f'<b>{text}&amp;</b><b>{text}{text}</b>7<br><span class="badge x">&lt;</span>'
    )
    with pytest.raises(UndefinedError):
        environment.get_template("page").render(values | {"number": environment.undefined(name="number")})


class _Lazy:
    def __html__(self) -> str:
        return "<i>said</i>"


class _Text(str):
    __slots__ = ()


class _Marked(Markup):
    __slots__ = ()


@pytest.mark.parametrize(
    "source",
    [
        "{{ x }}|{{ text }}|{{ number }}|{{ none }}|{{ lazy }}|{{ marked }}|{{ said }}|{{ [x, said] }}",
        "{{ [x, mark]|join(x) }}|{{ x ~ mark }}|{{ mark + x }}|{{ mark % x }}|{{ x|e }}|{{ x|safe }}|{{ x|upper }}",
        '<a data-said="{{ said|tojson|forceescape }}"{{ {"title": x}|xmlattr }} href="{{ x }}">{{ said|tojson }}</a>',
        "{% set y %}{{ x }}{% endset %}{{ y }}{% filter upper %}{{ x }}{% endfilter %}",
        "{% block b %}{{ x }}{% endblock %}{% include 'part' %}",
        "{% from 'macros' import a %}{{ a(x) }}{{ a(x)|length }}{% call a(x) %}{{ x }}{% endcall %}",
        "{% autoescape false %}{{ x }}{% endautoescape %}{{ x }}",
    ],
)
def test_what_is_escaped_is_what_jinja_escapes(source: str) -> None:
    class AsJinjaDoes(SpokenEnvironment):
        code_generator_class = Environment.code_generator_class

    macro = "{% macro a(t) %}<u>{{ t }}{{ caller() if caller is defined else '' }}</u>{% endmacro %}"
    values = {"x": "<\"'&>", "text": _Text("<s>"), "number": 1.5, "none": None, "lazy": _Lazy()}
    values |= {"marked": _Marked("<b>"), "mark": Markup("<br>%s"), "said": {"a": "</script>'\""}}
    shown = []
    for environment in (SpokenEnvironment("en"), AsJinjaDoes("en")):
        environment.loader = DictLoader({"page": source, "part": "{{ x }}", "macros": macro})
        shown.append(environment.get_template("page").render(values))
    assert shown[0] == shown[1]
    assert "&lt;" in shown[0]
