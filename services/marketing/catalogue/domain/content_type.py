"""What kind of content a campaign or a mailing is, by which it is measured, and what contradicts that."""

from collections.abc import Iterable, Iterator, Mapping

from services.marketing.catalogue.content.template import labels_in
from services.marketing.catalogue.domain.condition import Path
from services.marketing.catalogue.domain.definition import Definition
from services.marketing.catalogue.domain.steps import Content
from services.marketing.catalogue.schemas import ContentType


def type_of(definition: Definition, *, mailing: bool) -> ContentType:
    """The one that it says, or what follows from the rest of it."""
    if definition.type is not None:
        return definition.type
    if _asks(definition):
        return "survey"
    if not definition.needs_consent:
        return "transactional"
    return "newsletter" if mailing else "announcement"


def complaints_of_type(definition: Definition) -> Iterator[tuple[Path, str]]:
    """What its type or its tutorial contradicts, with the place of each."""
    match definition.type:
        case "transactional" if definition.needs_consent:
            yield ("type",), "what is transactional needs no consent: say `purpose: service`"
        case "survey" if not _asks(definition):
            yield ("type",), "a survey has a step with `survey`"
        case "tutorial" if not definition.tutorial:
            yield ("type",), "a tutorial names its steps: say `tutorial: […]`"
        case "video" if not videos_of(definition):
            yield ("type",), 'no template shows a video: write `{{ "https://…" | video("film") }}`'
        case "video":
            yield from _of_unlike_texts(_links(definition, "video"))
        case "tutorial":
            yield from _of_tutorial(definition)
    if definition.tutorial and definition.type != "tutorial":
        yield ("tutorial",), "only `type: tutorial` has the steps of one"


def videos_of(definition: Definition) -> list[str]:
    """What the videos in its templates are called."""
    return sorted({label for _, texts in _links(definition, "video") for labels in texts.values() for label in labels})


def _of_tutorial(definition: Definition) -> Iterator[tuple[Path, str]]:
    steps = frozenset(definition.tutorial)
    links = [(path, {name: labels & steps for name, labels in texts.items()}) for path, texts in _links(definition)]
    found = {step for _, texts in links for labels in texts.values() for step in labels}
    for place, step in enumerate(definition.tutorial):
        if step in definition.tutorial[:place]:
            yield ("tutorial", place), "stands there twice"
        elif step not in found:
            yield ("tutorial", place), f'no template has a link `| tracked("{step}")`'
    yield from _of_unlike_texts(links)


def _of_unlike_texts(links: Iterable[tuple[Path, Mapping[str, frozenset[str]]]]) -> Iterator[tuple[Path, str]]:
    """Whichever text of a content somebody reads, in their language or as HTML, has the links of all of its texts."""
    for path, texts in links:
        every = frozenset(label for labels in texts.values() for label in labels)
        for name, labels in texts.items():
            if labels != every:
                yield path, f"{name} has no link of {', '.join(sorted(every - labels))}, as another text of it has"


def _links(definition: Definition, filter_: str = "tracked") -> Iterator[tuple[Path, Mapping[str, frozenset[str]]]]:
    """The place of each content, and by the files of its template what the links in them are called."""
    for number, step in definition.sends.items():
        for place, content in enumerate(step.content):
            files = {name: labels_in(source, filter_) for name, source in _files(content)}
            yield ("steps", number - 1, "content", place, "template"), files


def _files(content: Content) -> Iterator[tuple[str, str]]:
    for language, text in content.texts.items():
        name = f"{content.template}.{language}" if language else content.template
        yield f"{name}.txt", text.body
        if text.html is not None:
            yield f"{name}.mjml", text.html


def _asks(definition: Definition) -> bool:
    return any(send.survey is not None for send in definition.sends.values())
