"""Templates of one language: what a template says is translated when it is compiled, not each time it is shown."""

from collections.abc import Mapping, MutableMapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined, Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import TemplateModule
from jinja2.visitor import NodeTransformer

from services.console.shell.words import translations_of

_CONSOLE = Path(__file__).resolve().parents[1]
_ASKS = frozenset({"_", "gettext"})
_OF_DICTS = frozenset(dir(dict))


class SharedTemplate(Template):
    """What templates import with context is made once for a page: its macros speak of the page's values alone, and
    making them takes as long as a tenth of a page.
    """

    def make_module(
        self,
        vars: dict[str, Any] | None = None,  # noqa: A002 - the names that jinja calls
        shared: bool = False,  # noqa: FBT001, FBT002
        locals: Mapping[str, Any] | None = None,  # noqa: A002
    ) -> TemplateModule:
        """`made` is the page's own, by name; what is imported without context has none."""
        made: dict[str | None, TemplateModule] | None = (vars or {}).get("made")
        if made is None:
            return super().make_module(vars, shared, locals)
        if self.name not in made:
            made[self.name] = super().make_module(vars, shared, locals)
        return made[self.name]


class SpokenCode(CodeGenerator):
    """What a template writes out is escaped by ours: jinja's makes an object of each of several hundred texts."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 - jinja's name
        super().visit_Template(node, frame)
        self.writeline("from services.console.shell.tags import escaped as escape")


class SpokenEnvironment(Environment):
    """Templates by the folder of their capability, such as `parties/party.html`."""

    template_class = SharedTemplate
    code_generator_class: type[CodeGenerator] = SpokenCode

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

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Those of all templates, as they are: the map of maps that jinja makes is asked several times a page."""
        return super().make_globals(d) if d else self.globals

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What services say are dicts: their keys are looked up at once, not after an attribute was missed."""
        if obj.__class__ is dict and attribute not in _OF_DICTS:
            try:
                return obj[attribute]
            except KeyError:
                return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

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
