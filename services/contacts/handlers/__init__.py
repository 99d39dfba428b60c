"""Importing it registers every handler of contacts."""

from services.contacts.handlers import ingest

__all__ = ["ingest"]
