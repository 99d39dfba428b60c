"""Importing it registers every handler of contacts."""

from services.contacts.handlers import ingest, timeline

__all__ = ["ingest", "timeline"]
