"""Contacts in Postgres: a typed function per statement of `queries.sql`."""

from pathlib import Path

from shared.sql import load_queries

SQL = load_queries(Path(__file__).parent.with_name("queries.sql"))
