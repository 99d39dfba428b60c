"""Everything that a service holds of a party, table by table, as the service's `tables.yaml` names them.

A table names parties by `party_id`. One that does so otherwise says it there: `archived` is the columns that hold party
ids, or the column by which its rows belong to those of another table.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import yaml

from shared.engine.transaction import Transaction

_SERVICES = Path(__file__).parents[2] / "services"
_PARTY = "party_id"
_MOST = 512
_ENOUGH = 2**20
"""Characters of rows that are fetched together; more rows of the same kind are fetched as long as they are fewer."""
_CLOSE = "close archived"


class Archived(NamedTuple):
    """How the rows of parties are found in a table: by any of its `columns`, each of a party id, or by the `key` that
    they have in common with rows of another table.
    """

    table: str
    columns: tuple[str, ...] = ()
    key: str = ""
    other: str = ""
    other_key: str = "id"


def read_tables(service: str) -> dict[str, Archived]:
    """Those of which the service's `tables.yaml` says that they name parties; none where it has no such file."""
    file = _SERVICES / service / "tables.yaml"
    capabilities: Mapping[str, Mapping[str, Any]] = yaml.safe_load(file.read_text("utf-8")) if file.is_file() else {}
    found = {}
    for tables in capabilities.values():
        for table, fates in tables.items():
            said = fates.get("archived")
            if isinstance(said, dict):
                other, _, other_key = said["of"].partition(":")
                found[table] = Archived(table, (), said["by"], other, other_key or "id")
            elif said or fates["erased"] != "nobody":
                found[table] = Archived(table, tuple(said or [_PARTY]))
    return found


def select(table: Archived, tables: Mapping[str, Archived], parties: Collection[UUID]) -> str:
    """The statement that reads the rows of these parties, each as one JSON text."""
    # A cursor takes no parameters; what stands in the text is made of UUIDs.
    ids = ", ".join(f"'{UUID(str(each))}'" for each in sorted(parties))
    where = _condition("t", table, tables, ids)
    return f"select to_jsonb(t)::text as content from {table.table} t where {where}"  # noqa: S608 - see above


def _condition(alias: str, table: Archived, tables: Mapping[str, Archived], ids: str) -> str:
    if not table.other:
        return " or ".join(f"{alias}.{column} in ({ids})" for column in table.columns)
    inner = f"{alias}{len(alias)}"
    condition = _condition(inner, tables[table.other], tables, ids)
    found = f"select {inner}.{table.other_key} from {table.other} {inner} where {condition}"  # noqa: S608 - see above
    return f"{alias}.{table.key} in ({found})"


async def read_rows(
    tx: Transaction, tables: Mapping[str, Archived], parties: Sequence[UUID]
) -> AsyncIterator[tuple[str, str]]:
    """Each row with its table. However many there are, and however large, few are in memory at a time."""
    for table in tables.values():
        await tx.execute(f"declare archived no scroll cursor for {select(table, tables, parties)}")
        at_once = 1
        while rows := await tx.fetch(f"fetch {at_once} from archived"):
            for row in rows:
                yield table.table, row["content"]
            size = sum(len(row["content"]) for row in rows)
            at_once = min(at_once * 2, _MOST) if size < _ENOUGH else max(at_once // 2, 1)
        await tx.execute(_CLOSE)
