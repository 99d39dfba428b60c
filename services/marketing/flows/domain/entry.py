"""What an enrolment keeps of its trigger, and what tells it apart from others of its party."""

from services.marketing.catalogue.domain.condition import named_in
from services.marketing.catalogue.domain.definition import Definition
from services.marketing.catalogue.domain.occurrences import Occurrence, Values, values_at
from services.marketing.catalogue.domain.steps import Branch, WaitFor


def key_of(definition: Definition, data: Occurrence) -> str:
    """What an entry is told apart by; empty: by the party alone."""
    path = definition.entry.key if definition.entry else None
    return "\x1f".join(sorted(map(str, values_at(data, path)))) if path else ""


def captured(definition: Definition, data: Occurrence) -> dict[str, Values]:
    """The fields of a trigger that later steps ask for."""
    heard = [*definition.exit_on, *([definition.goal] if definition.goal else []), *definition.trigger.moved_by]
    heard += [step.wait_for for step in definition.steps if isinstance(step, WaitFor)]
    asked = [arm.when for step in definition.steps if isinstance(step, Branch) for arm in step.branch]
    named = {name.removeprefix("trigger.") for when in asked for _, name, _ in named_in(when) if "trigger." in name}
    paths = named | {path for each in heard for path in (each.match or {}).values()}
    return {path: values_at(data, path) for path in sorted(paths)}


def of_trigger(definition: Definition, data: Occurrence) -> dict[str, Values]:
    """The fields of a trigger that its filter asks for."""
    names = [name for _, name, _ in named_in(definition.filter) if name.startswith("trigger.")]
    return {name.removeprefix("trigger."): values_at(data, name.removeprefix("trigger.")) for name in names}
