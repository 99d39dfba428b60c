"""What was fitted at each cut, with its measured quality."""

from collections.abc import Mapping
from datetime import date

from services.forecasting.models import store
from shared.engine.transaction import Transaction


async def save_model(
    tx: Transaction, name: str, cut: date, parameters: Mapping[str, float], quality: Mapping[str, object]
) -> None:
    """Keep a model under its name and cut; one that stands already is left as it is."""
    await store.save_model(tx, name, cut, parameters, quality)


async def find_newest_model(tx: Transaction, name: str) -> tuple[dict[str, float], date] | None:
    """The parameters in force, and the cut that they were fitted to."""
    return await store.find_newest_model(tx, name)
