"""What a template may be made of: only what ends soon and stays small, whatever it is given."""

from collections.abc import Iterator

from jinja2 import nodes

FILTERS = frozenset({
    "capitalize", "count", "d", "date", "default", "e", "escape", "first", "int", "join", "last", "length", "lower",
    "money", "reverse", "round", "sort", "title", "tracked", "trim", "truncate", "unique", "upper", "urlencode",
    "video",
})  # fmt: skip
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.List,
    nodes.Tuple,
    nodes.If,
    nodes.CondExpr,
    nodes.For,
    nodes.Filter,
    nodes.Test,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Neg,
    nodes.Add,
    nodes.Sub,
    nodes.Concat,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Slice,
    nodes.Keyword,
)
_DEEPEST = 40


def complaints_about(template: nodes.Template) -> Iterator[str]:
    """Without calls, assignments, products and powers, and with loops over `products` alone, none within another, what
    a text comes to is bounded by its length and its values.
    """
    yield from _look(template, 0, looped=False)


def _look(node: nodes.Node, depth: int, *, looped: bool) -> Iterator[str]:
    kind = type(node).__name__.lower()
    if depth > _DEEPEST:
        yield "nests too deeply"
        return
    if not isinstance(node, _ALLOWED):
        yield f"uses {kind}, which a text may not"
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        yield f"knows no filter {node.name}; it may use {', '.join(sorted(FILTERS))}"
    if isinstance(node, nodes.Filter) and node.name in {"tracked", "video"} and not _is_written_out(node):
        yield "tracks an address or a label that is not written out in it"
    if isinstance(node, nodes.For):
        if looped or node.recursive:
            yield "loops within a loop"
        if not (isinstance(node.iter, nodes.Name) and node.iter.name == "products"):
            yield "loops over something else than products"
    for child in node.iter_child_nodes():
        yield from _look(child, depth + 1, looped=looped or isinstance(node, nodes.For))


def _is_written_out(tracked: nodes.Filter) -> bool:
    """What is signed into a link and told as its label is then nothing that anybody sent, and names no person."""
    given = (tracked.node, *tracked.args, *(each.value for each in tracked.kwargs))
    unpacked = tracked.dyn_args is not None or tracked.dyn_kwargs is not None
    return not unpacked and all(isinstance(each, nodes.Const) for each in given)
