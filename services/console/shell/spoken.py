"""Templates of one language: what a template says is translated when it is compiled, not each time it is shown."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined, nodes
from jinja2.visitor import NodeTransformer

from services.console.shell.words import translations_of

_CONSOLE = Path(__file__).resolve().parents[1]
_ASKS = frozenset({"_", "gettext"})


class SpokenEnvironment(Environment):
    """Templates by the folder of their capability, such as `parties/party.html`."""

    def __init__(self, language: str) -> None:
        folders = {path.parent.name: FileSystemLoader(path) for path in _CONSOLE.glob("*/templates")}
        super().__init__(
            loader=PrefixLoader(folders),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._translations = translations_of(language)
        self.install_gettext_translations(self._translations, newstyle=True)  # type: ignore[attr-defined]

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        parsed: nodes.Template = _Translator(self._translations).visit(super()._parse(source, name, filename))
        return parsed


class _Translator(NodeTransformer):
    """Puts the translation where a text without variables is asked for by `_("…")` or `{% trans %}`."""

    def __init__(self, translations: Any) -> None:
        self._translations = translations

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - the name that jinja calls
        self.generic_visit(node)
        match node:
            case nodes.Call(node=nodes.Name(name=name), args=[nodes.Const(value=str(text))], kwargs=[]) if (
                name in _ASKS
            ):
                # as at run time: a text is a pattern also where it has no variables
                return nodes.MarkSafe(nodes.Const(self._translations.ugettext(text) % {}), lineno=node.lineno)
        return node
