"""Messages, as marketing has them, as histories show them, and counted."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from demo.oracle.campaigns import Message, MessageKey, beside_sales
from demo.oracle.reading import SQL, Databases, Expected, Read, Rows


async def read_message_cards(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    rows = await databases.rows("contacts", SQL["load_message_cards"])
    should = {key: message for key, message in expected.messages.items() if key.step}
    return should, {_message_key(row): Message(row["due_at"], row["reason"] or row["state"]) for row in rows}


async def read_messages(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    rows = await databases.rows("marketing", SQL["load_messages"])
    should = {key: message for key, message in expected.messages.items() if key.step or not key.campaign}
    return should, {_message_key(row): Message(row["due_at"], row["outcome"]) for row in rows}


async def read_campaign_counts(databases: Databases, expected: Expected) -> tuple[Rows, Rows]:
    should = Counter(
        (key.campaign, message.outcome) for key, message in expected.messages.items() if key.step or not key.campaign
    )
    rows = await databases.rows("forecasting", SQL["load_campaign_counts"])
    others = beside_sales(expected.campaigns)
    return should, {(row["campaign"], row["outcome"]): row["messages"] for row in rows if row["campaign"] not in others}


async def standing(databases: Databases, messages: Mapping[MessageKey, Message]) -> dict[MessageKey, Message]:
    """Where two outcomes are right, the one that marketing came to: everything else has to agree with that."""
    unsure = any(message.or_else for message in messages.values())
    rows = await databases.rows("marketing", SQL["load_messages"]) if unsure else []
    found = {_message_key(row): row["outcome"] for row in rows}
    return {key: message.standing(found.get(key)) for key, message in messages.items()}


def _message_key(row: Any) -> MessageKey:
    return MessageKey(row["origin"], row["sale_id"], row["campaign"], row["step"])


PROJECTIONS: dict[str, Read] = {
    "contacts: messages in histories": read_message_cards,
    "marketing: messages": read_messages,
    "forecasting: messages": read_campaign_counts,
}
