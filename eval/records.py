"""People and companies of other people's files, with the truth beside them: a column of it, or a file of true links."""

from pathlib import Path

from eval.cells import is_missing, read_times
from eval.columns import LINKS, RECORDS, Roles, find_tables
from eval.labelled import Labelled, labelled
from eval.setting import Setting, UnfitError
from eval.tables import Table, read_table


def find_records(setting: Setting) -> dict[str, list[tuple[Path, Roles]]]:
    """The files of each set: those with a truth of their own each by itself, the others with the links that are named
    like them (`NAME…` and `NAME_links`).
    """
    found = find_tables(setting, RECORDS, LINKS)
    links = [each for each in found if each[1].kind == LINKS]
    sets = {path.name: [(path, roles)] for path, roles in found if roles.kind == RECORDS and "truth" in roles.columns}
    for path, roles in links:
        stem = path.stem.lower().partition("link")[0].rstrip("_-. ")
        own = [each for each in found if each[1].kind == RECORDS and each[0].stem.lower().startswith(stem)]
        for each, _ in own:
            sets.pop(each.name, None)
        sets[path.name] = [(path, roles), *own]
    return sets


def read_records(files: list[tuple[Path, Roles]]) -> list[Labelled]:
    """Raises UnfitError where there is no truth, or no two records are of one."""
    tables = [(read_table(path), roles) for path, roles in files if roles.kind == RECORDS]
    truth = _linked([(read_table(path), roles) for path, roles in files if roles.kind == LINKS])
    if not tables:
        raise UnfitError(f"{files[0][0].name}: there are no records that are named like it")
    found = [one for table, roles in tables for one in _read(table, roles, truth)]
    if len({one.truth for one in found}) == len(found):
        raise UnfitError(f"{files[0][0].name}: by what is true no two of the {len(found)} records are of one")
    return found


def _read(table: Table, roles: Roles, truth: dict[str, str]) -> list[Labelled]:
    own = "id" if truth else "truth"
    named = table.columns[roles.column(own, table.path)]
    births = read_times(table, roles.columns["birth"], roles.told) if "birth" in roles.columns else None
    found = []
    for row, name in enumerate(named):
        cell = {role: table.columns[column][row] for role, column in roles.columns.items()}
        told = {role: "" if is_missing(text) else text for role, text in cell.items()}
        birth = births[row] if births else None
        street = f"{told.get('number', '')} {told.get('street', '')}".strip()
        found.append(
            labelled(
                truth.get(name, name) if truth else name or f"row {row}",
                (told.get("given", ""), told.get("family", ""), told.get("name", "")),
                birth.date().isoformat() if birth else None,
                (street, told.get("street2", "")),
                {role: told.get(role, "") for role in ("postal", "town", "country", "email", "phone", "type")},
            )
        )
    return found


def _linked(links: list[tuple[Table, Roles]]) -> dict[str, str]:
    """By the id of a record, that of the first of those that it is linked with."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while (above := parent.setdefault(name, name)) != name:
            parent[name] = parent[above]
            name = above
        return name

    for table, roles in links:
        names = list(table.columns)
        one, other = roles.columns.get("one", names[0]), roles.columns.get("other", names[1])
        for left, right in zip(table.columns[one], table.columns[other], strict=True):
            parent[root(right)] = root(left)
    return {name: root(name) for name in parent}
