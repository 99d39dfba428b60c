"""Forms about something that has a version: what stood in one when it was opened, what was typed, and what stands now.

A form is decided on the version that it showed. Refused for another reason it keeps that version, so that nobody is
overwritten unseen; where somebody was quicker, it gets the newest together with what theirs says.
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
) -> Edition:
    """Of a form that was refused, while `now` stands."""
    if trouble.kind != "stale":
        return Edition(form.get("version", ""), form.get("was", ""))
    was, mine, theirs = (described(each, words) for each in (_read(form.get("was", "")), form, _read(now.was)))
    differences = [
        Difference(name, was.get(name, ""), mine.get(name, ""), theirs.get(name, ""))
        for name in dict.fromkeys([*mine, *theirs])
        if mine.get(name, "") != theirs.get(name, "")
    ]
    return Edition(now.version, now.was, differences)


def version_of(form: Fields | None, trouble: Trouble | None, newest: object) -> str:
    """What the form of an act is decided on: the version that it showed, unless what has changed since is shown now."""
    if form is None or trouble is None or trouble.kind == "stale":
        return str(newest)
    return form.get("version") or str(newest)


def _read(was: str) -> Fields:
    """Nothing where somebody has written something else into the hidden field."""
    try:
        return _FIELDS.validate_json(was)
    except ValidationError:
        return {}
