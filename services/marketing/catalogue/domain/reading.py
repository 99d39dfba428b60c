"""A campaign's file and its templates, read into a definition, or refused with the place of all that is wrong."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from services.marketing.catalogue.domain.condition import Path
from services.marketing.catalogue.domain.definition import Definition
from services.marketing.catalogue.domain.flow import complaints
from services.marketing.catalogue.domain.steps import KIND

M = TypeVar("M", bound=BaseModel)
_TEMPLATE = re.compile(r"^(?P<name>[a-z0-9-]{1,60})(\.(?P<language>[a-z]{2,3}(-[A-Z]{2})?))?\.(?P<part>txt|mjml)$")


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a file, and those of the templates that may be meant in it, by their names: `thanks.da.txt`."""

    file: str
    text: str
    templates: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a field of a file; `line` counts from 1."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.field or 'definition'}: {self.message}"


class Unreadable(Exception):
    """A definition cannot be made of a file."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


def read(source: Source) -> Definition:
    """The definition that a file and its templates make. Raises Unreadable."""
    node, content = _parse(source)
    broken = list(_add_texts(source, content))
    if broken:
        raise Unreadable([_problem(source, node, path, message) for path, message in broken])
    definition = _validated(source, node, content, Definition)
    wrong = complaints(definition)
    if wrong:
        raise Unreadable([_problem(source, node, path, message) for path, message in wrong])
    return definition


def read_model(source: Source, model: type[M]) -> M:
    """What a file without templates says. Raises Unreadable."""
    return _validated(source, *_parse(source), model)


def unreadable(source: Source, wrong: Iterable[tuple[Path, str]]) -> Unreadable:
    """What is said of a file that can be read, and of which this is wrong."""
    node, _ = _parse(source)
    return Unreadable([_problem(source, node, path, message) for path, message in wrong])


def _validated(source: Source, node: yaml.Node, content: dict[str, Any], model: type[M]) -> M:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        wrong = [(each["loc"], each["msg"].removeprefix("Value error, ")) for each in _errors(error)]
        raise Unreadable([_problem(source, node, path, message) for path, message in wrong]) from None


def _errors(error: ValidationError) -> list[ErrorDetails]:
    """Without that a list is too short where it is so only since its members are wrong."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        each
        for each in found
        if each["type"] != "too_short"
        or not any(other is not each and other["loc"][: len(each["loc"])] == each["loc"] for other in found)
    ]


def _parse(source: Source) -> tuple[yaml.Node, dict[str, Any]]:
    try:
        loader = yaml.SafeLoader(source.text)
    except yaml.reader.ReaderError as error:
        line = source.text.count("\n", 0, error.position) + 1
        raise Unreadable([Problem(source.file, line, "", "holds a character that no YAML may hold")]) from None
    try:
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise Unreadable([Problem(source.file, 1, "", "is no mapping: begin with `name: …`")])
        refused = list(_ambiguous(node, set(), ()))
        if refused:
            raise Unreadable([Problem(source.file, line, field, message) for line, field, message in refused])
        return node, loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise Unreadable([Problem(source.file, line, "", f"cannot be read: {error.problem}")]) from None
    except (yaml.YAMLError, RecursionError, ValueError):
        raise Unreadable([Problem(source.file, 1, "", "cannot be read as YAML")]) from None
    finally:
        loader.dispose()


def _ambiguous(node: yaml.Node, seen: set[int], path: Path) -> Iterator[tuple[int, str, str]]:
    """Keys that stand twice, of which YAML would take the last, and aliases, by which a small file may grow at will."""
    line, field = node.start_mark.line + 1, ".".join(map(str, path))
    if id(node) in seen:
        yield line, field, "an anchor is used a second time: write it out"
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for place, each in enumerate(node.value):
            yield from _ambiguous(each, seen, (*path, place))
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for key, value in node.value:
            name = str(key.value)
            if keys.count(key.value) > 1:
                yield key.start_mark.line + 1, ".".join(map(str, (*path, name))), "stands there twice"
            yield from _ambiguous(value, seen, (*path, name))


def _add_texts(source: Source, content: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Puts the texts of each content into the definition; what is no list or mapping the model refuses."""
    steps = content.get("steps")
    for place, step in enumerate(steps if isinstance(steps, list) else ()):
        entries = step.get("content") if isinstance(step, dict) else None
        for number, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict) and "texts" not in entry:
                texts, wrong = texts_of(source, str(entry.get("template")))
                entry["texts"] = texts
                yield from ((("steps", place, "content", number, "template"), message) for message in wrong)


def texts_of(source: Source, template: str) -> tuple[dict[str, dict[str, str]], list[str]]:
    """By language: `thanks.txt` is for everybody, `thanks.da.txt` for who reads Danish, `thanks.da.mjml` its HTML."""
    texts: dict[str, dict[str, str]] = {}
    wrong, html = [], {}
    for name, text in sorted(source.templates.items()):
        parts = _TEMPLATE.match(name)
        if parts is None or parts["name"] != template:
            continue
        if parts["part"] == "mjml":
            html[parts["language"] or ""] = (name, text)
            continue
        head, _, body = text.partition("\n\n")
        if not head.startswith("Subject:") or "\n" in head or not body.strip():
            wrong.append(f"{name}: the first line is `Subject: …`, the second is empty, the body follows")
        texts[parts["language"] or ""] = {"subject": head.removeprefix("Subject:").strip(), "body": body}
    if "" not in texts:
        wrong.append(f"template {template} is missing: write templates/{template}.txt")
    for language, (name, text) in html.items():
        if language in texts:
            texts[language]["html"] = text
        else:
            wrong.append(f"{name}: stands beside a text of the same language, and there is none")
    return texts, wrong


def _problem(source: Source, root: yaml.Node, path: Path, message: str) -> Problem:
    """The line of the last part of the path that stands in the file."""
    node, line, shown = root, 1, []
    for part in path:
        if str(part).startswith(KIND):
            continue
        shown.append(str(part))
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    line, node = key.start_mark.line + 1, value
                    break
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return Problem(source.file, line, ".".join(shown), message)
