"""What templates say stands in them in the reader's language once they are compiled."""

import pytest
from jinja2 import DictLoader

from services.console.shell.spoken import SpokenEnvironment

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
