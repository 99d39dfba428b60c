"""What came back, a typed function per statement."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.marketing.engagement.domain.returned import Report
from shared.engine.transaction import Transaction
from shared.sql import load_queries

SQL = load_queries(Path(__file__).with_name("queries.sql"))


async def add_returned(tx: Transaction, report: Report, campaign: str, at: datetime) -> bool:
    """False where the same was noted before."""
    r = report
    row = (r.message_id, r.kind, r.label, bool(r.verdict), r.verdict, campaign, at, r.percent)
    return await tx.fetchval(SQL["add_returned"], *row) is not None


async def count_recent_clicks(tx: Transaction, message: UUID, label: str, since: datetime) -> int:
    """Of other links of the message."""
    clicks: int = await tx.fetchval(SQL["count_recent_clicks"], message, label, since)
    return clicks
