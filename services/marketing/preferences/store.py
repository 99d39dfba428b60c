"""What parties allowed by a letter's page, a typed function per statement."""

from collections.abc import Collection
from pathlib import Path
from uuid import UUID

from services.marketing.preferences.domain.choice import OptIn
from shared.engine.transaction import Transaction
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def add_opt_in(tx: Transaction, given: OptIn) -> bool:
    """False where it stands already."""
    g = given
    row = (g.id, g.party_id, g.purpose, g.topic, g.channel, g.message_id, g.given_at)
    return await tx.fetchval(SQL["add_opt_in"], *row) is not None


async def load_opt_ins(tx: Transaction, parties: Collection[UUID]) -> list[OptIn]:
    return [OptIn(**row) for row in await tx.fetch(SQL["load_opt_ins"], sorted(parties))]
