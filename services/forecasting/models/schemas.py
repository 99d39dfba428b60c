"""Bodies of answers about models."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel


class ModelView(BaseModel):
    """`cut`: it has seen what happened before. `quality` was measured on what it had not seen."""

    name: str
    version: str
    cut: date
    parameters: Mapping[str, Any]
    quality: Mapping[str, Any]
    recorded_at: datetime
