"""The campaigns, a typed function per statement."""

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple
from uuid import UUID

from services.marketing.catalogue.domain.campaign import Campaign, ordered
from services.marketing.catalogue.domain.content_type import type_of
from services.marketing.catalogue.domain.definition import Definition
from services.marketing.catalogue.schemas import Campaign as ShownCampaign, CampaignDetail, ContentType, SampleText
from shared.engine.transaction import Transaction
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))
Source = Literal["files", "http", "mailing"]
"""A mailing brings its parties itself: no event triggers its definition."""


class Published(NamedTuple):
    """What was published last under a name."""

    name: str
    definition_hash: str
    source: Source
    in_force: bool


@lru_cache(maxsize=1_000)
def read_definition(text: str) -> Definition:
    """A stored definition; its text is its identity, so one is parsed once a process."""
    return Definition.model_validate_json(text, context={"stored": True})


async def lock_campaigns(tx: Transaction) -> None:
    await tx.execute(SQL["lock_campaigns"])


async def load_digests(tx: Transaction) -> dict[str, Published]:
    """The newest version of each name."""
    return {row["name"]: Published(**row) for row in await tx.fetch(SQL["load_digests"])}


async def load_file_digests(tx: Transaction) -> dict[str, str]:
    """What the files said when they were last published from."""
    return {row["name"]: row["definition_hash"] for row in await tx.fetch(SQL["load_file_digests"])}


async def close_flows(tx: Transaction, now: datetime) -> None:
    await tx.execute(SQL["close_flows"], now)


async def load_campaigns(tx: Transaction) -> list[Campaign]:
    """Campaigns in force, in the order in which they may take a sale, and flows that somebody may still be in."""
    rows = await tx.fetch(SQL["load_campaigns"])
    return ordered(Campaign(read_definition(row["definition"]), row["version"], row["in_force"]) for row in rows)


async def load_campaign_versions(
    tx: Transaction, versions: Collection[tuple[str, int]]
) -> dict[tuple[str, int], Campaign]:
    names, numbers = [name for name, _ in versions], [number for _, number in versions]
    rows = await tx.fetch(SQL["load_campaign_versions"], names, numbers)
    found = (Campaign(read_definition(row["definition"]), row["version"], stopped_by=row["stopped_by"]) for row in rows)
    return {(campaign.name, campaign.version): campaign for campaign in found}


async def find_longest_wait(tx: Transaction) -> timedelta:
    """From a trigger to when the last message of any campaign is due."""
    longest: timedelta = await tx.fetchval(SQL["find_longest_wait"])
    return longest


async def next_version(tx: Transaction, name: str) -> int:
    version: int = await tx.fetchval(SQL["next_campaign_version"], name)
    return version


async def stop_campaign(tx: Transaction, name: str, at: datetime) -> None:
    await tx.execute(SQL["stop_campaign"], name, at)


async def stop_planned(tx: Transaction, name: str, by: UUID) -> bool:
    """Also what older versions have planned; False where it was stopped before."""
    return bool(await tx.fetch(SQL["stop_planned"], name, by))


async def add_campaign(tx: Transaction, definition: Definition, version: int, at: datetime, source: Source) -> None:
    """In force until it is stopped."""
    await tx.execute(
        SQL["add_campaign"],
        definition.name,
        version,
        definition.follow_up,
        definition.priority,
        definition.digest(),
        json.dumps(definition.document(), ensure_ascii=False),
        definition.longest_wait,
        at,
        definition.is_flow and source != "mailing",
        source,
        type_of(definition, mailing=source == "mailing"),
    )


async def list_campaigns(tx: Transaction, after: str | None, limit: int) -> list[ShownCampaign]:
    return [ShownCampaign(**row) for row in await tx.fetch(SQL["list_campaigns"], after, limit)]


async def find_newest(tx: Transaction, name: str) -> tuple[ContentType, Definition] | None:
    row = await tx.fetchrow(SQL["find_newest"], name)
    return None if row is None else (row["type"], read_definition(row["definition"]))


async def find_campaign(tx: Transaction, name: str, version: int | None) -> CampaignDetail | None:
    row = await tx.fetchrow(SQL["find_campaign"], name, version)
    if row is None:
        return None
    texts = [SampleText(**sample._asdict()) for sample in read_definition(row["definition"]).samples()]
    return CampaignDetail(**{**row, "definition": json.loads(row["definition"])}, texts=texts)
