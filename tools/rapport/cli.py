"""`rapport` with every command: a file for each noun registers its own."""

from tools.rapport import (
    archive,
    audit,
    campaigns,
    lag,
    mailings,
    models,
    outbox,
    parked,
    quarantine,
    rebuild,
    recover,
    redrive,
    rules,
    segments,
    timers,
    topics,
)
from tools.rapport.asking import app

__all__ = [
    "app",
    "archive",
    "audit",
    "campaigns",
    "lag",
    "mailings",
    "models",
    "outbox",
    "parked",
    "quarantine",
    "rebuild",
    "recover",
    "redrive",
    "rules",
    "segments",
    "timers",
    "topics",
]
