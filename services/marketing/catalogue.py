"""Campaigns as files: read and checked at start, published once for each changed content."""

import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import structlog
import yaml
from pydantic import ValidationError

from services.marketing.domain.definition import Definition
from services.marketing.store import SQL
from shared.engine.event import Emission
from shared.engine.service import Service
from shared.engine.transaction import Transaction
from shared.errors import ConfigurationError
from shared.events.campaigns import CampaignPublished, CampaignStopped

log = structlog.get_logger()
TEMPLATES = "templates"


def load_definitions(folder: Path) -> list[Definition]:
    """Every `*.yaml` of the folder, with its texts from `templates/`. Raises ConfigurationError by file and field."""
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise ConfigurationError(
            f"{folder} holds no campaign (*.yaml): set RAPPORT_MARKETING__CAMPAIGNS to a folder that does"
        )
    definitions = [load_definition(file) for file in files]
    names = [definition.name for definition in definitions]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigurationError(f"{folder} defines {', '.join(twice)} twice: a campaign is known by its name")
    return definitions


def load_definition(file: Path) -> Definition:
    """One file and its templates. Raises ConfigurationError that names the file and each field that is wrong."""
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise ConfigurationError(f"{file} is no mapping: begin with `name: …`")
    _add_texts(file, content)
    try:
        return Definition.model_validate(content)
    except ValidationError as error:
        raise ConfigurationError("; ".join(f"{file}: {problem}" for problem in _problems(error))) from None


def _add_texts(file: Path, content: dict[str, Any]) -> None:
    """Put the texts of each content into the definition; what is no list or mapping is left for the model to refuse."""
    steps = content.get("steps")
    for step in steps if isinstance(steps, list) else ():
        entries = step.get("content") if isinstance(step, dict) else None
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict):
                entry["texts"] = _texts(file, str(entry.get("template")))


def _texts(file: Path, template: str) -> dict[str, dict[str, str]]:
    """By language: `thanks.txt` is for everybody, `thanks.da.txt` for those who read Danish."""
    folder = file.parent / TEMPLATES
    paths = [folder / f"{template}.txt", *sorted(folder.glob(f"{template}.??.txt"))]
    if not paths[0].is_file():
        raise ConfigurationError(f"{file}: template {template} is missing: write {paths[0]}")
    return {path.name.removeprefix(template)[1:-4].rstrip("."): _text(path) for path in paths}


def _text(path: Path) -> dict[str, str]:
    """`Subject: …`, an empty line, the body."""
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    if not head.startswith("Subject:") or "\n" in head or not body.strip():
        raise ConfigurationError(f"{path}: the first line is `Subject: …`, the second is empty, the body follows")
    return {"subject": head.removeprefix("Subject:").strip(), "body": body}


def _problems(error: ValidationError) -> list[str]:
    return [
        f"{'.'.join(map(str, each['loc'])) or 'definition'}: {each['msg'].removeprefix('Value error, ')}"
        for each in error.errors(include_url=False, include_context=False)
    ]


async def publish(tx: Transaction, definitions: Sequence[Definition]) -> list[str]:
    """A new version for each definition that changed; one that is no longer in the files is stopped.

    Returns the names that changed. Enrolments keep the version that they began with.
    """
    await tx.execute(SQL["lock_campaigns"])
    rows = await tx.fetch(SQL["load_campaigns_in_force"])
    in_force = {row["name"]: row["definition_hash"] for row in rows}
    changed = [each for each in definitions if in_force.get(each.name) != each.digest()]
    for definition in changed:
        await _publish_one(tx, definition)
    gone = sorted(in_force.keys() - {each.name for each in definitions})
    for name in gone:
        await tx.execute(SQL["stop_campaign"], name, tx.now)
        tx.emit([Emission(CampaignStopped(campaign=name, recorded_at=tx.now), tx.now)])
    return [each.name for each in changed] + gone


async def _publish_one(tx: Transaction, definition: Definition) -> None:
    version = await tx.fetchval(SQL["next_campaign_version"], definition.name)
    await tx.execute(SQL["stop_campaign"], definition.name, tx.now)
    await tx.execute(
        SQL["add_campaign"],
        definition.name,
        version,
        definition.follow_up,
        definition.priority,
        definition.digest(),
        json.dumps(definition.document(), ensure_ascii=False),
        sum((step.wait for step in definition.steps[1:]), definition.steps[0].wait),
        tx.now,
    )
    published = CampaignPublished(
        campaign=definition.name,
        version=version,
        follow_up=definition.follow_up,
        priority=definition.priority,
        definition_hash=definition.digest(),
        recorded_at=tx.now,
    )
    tx.emit([Emission(published, tx.now)])


def publishing(definitions: Sequence[Definition]) -> Callable[[Service], Awaitable[None]]:
    """The worker that publishes at start, then ends. Sales wait as long as no campaign is in force."""

    async def run(service: Service) -> None:
        async with service.transaction() as tx:
            changed = await publish(tx, definitions)
        log.info("campaigns_published", campaigns=len(definitions), changed=changed)

    return run
