"""Forms about something that has a version: what stood in one when it was opened, what was typed, and what stands now.

A form is decided on the version that it showed. Refused for another reason it keeps that version, so that nobody is
overwritten unseen; where somebody was quicker, it gets the newest together with what theirs says, and has theirs where
nothing was typed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from services.console.shell.asking import Trouble
from services.console.shell.words import Words

Fields = Mapping[str, str]
Described = Mapping[str, str]
"""What fields say, by its name, both as a reader reads them."""
_FIELDS: TypeAdapter[dict[str, str]] = TypeAdapter(dict[str, str])
_OF_OWN_FIELDS, _BY_ITSELF = frozenset(["custom", "kind", "was"]), frozenset(["text", "capacity"])


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing on which two do not agree, and what it was before either wrote; what says nothing is empty."""

    name: str
    was: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Edition:
    """What a form carries: the version that it is decided on, and as JSON the fields as they were shown with that.

    `differences` is None but where somebody was quicker, and empty where both wrote the same.
    """

    version: str
    was: str = ""
    differences: list[Difference] | None = None


def opened(fields: Fields, version: object) -> Edition:
    """Of a form that shows what stands."""
    return Edition(str(version), to_json(dict(fields)).decode())


def opened_again(
    form: Fields, trouble: Trouble, now: Edition, described: Callable[[Fields, Words], Described], words: Words
) -> tuple[Fields, Edition]:
    """Of a form that was refused, while `now` stands; and what is in it now."""
    if trouble.kind != "stale":
        return form, Edition(form.get("version", ""), form.get("was", ""))
    before, after = _read(form.get("was", "")), _read(now.was)
    kept = _joined(before, form, after)
    was, mine, theirs = (described(each, words) for each in (before, kept, after))
    differences = [
        Difference(name, was.get(name, ""), mine.get(name, ""), theirs.get(name, ""))
        for name in dict.fromkeys([*mine, *theirs])
        if mine.get(name, "") != theirs.get(name, "")
    ]
    return kept, Edition(now.version, now.was, differences)


def version_of(form: Fields | None, trouble: Trouble | None, newest: object) -> str:
    """What the form of an act is decided on: the version that it showed, unless what has changed since is shown now."""
    if form is None or trouble is None or trouble.kind == "stale":
        return str(newest)
    return form.get("version") or str(newest)


def _joined(was: Fields, mine: Fields, theirs: Fields) -> Fields:
    """Mine, with theirs where mine says what it was."""
    touched = {_thing_of(name) for name in was.keys() | mine.keys() if not _same(was.get(name), mine.get(name))}
    taken = {name for name in was.keys() | theirs.keys() if _thing_of(name) not in touched}
    left = {name: value for name, value in mine.items() if name not in taken}
    return left | {name: theirs[name] for name in taken & theirs.keys()}


def _thing_of(name: str) -> str:
    """What a field is a part of. The parts of an address, the boxes of a list and its places (`phone-0`, `phone-1`) go
    together: theirs may say something else in each. A text of one language, or room in one channel, is decided by
    itself, and so is an operator's own field, with its kind and with what it was.
    """
    kind, _, rest = name.partition("-")
    if kind in _OF_OWN_FIELDS and rest:
        return f"custom-{rest}"
    return name if kind in _BY_ITSELF else name.rpartition("-")[0] or name


def _same(one: str | None, other: str | None) -> bool:
    """As browsers send it: lines end in two characters, and a box without a tick is left out."""
    return (one or "").replace("\r\n", "\n").strip() == (other or "").replace("\r\n", "\n").strip()


def _read(was: str) -> Fields:
    """Nothing where somebody has written something else into the hidden field."""
    try:
        return _FIELDS.validate_json(was)
    except ValidationError:
        return {}
