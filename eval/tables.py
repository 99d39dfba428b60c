"""Files of other people as columns of texts: CSV, however it is written, and Parquet."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from pathlib import Path

from eval.setting import UnfitError

KINDS = (".csv", ".tsv", ".parquet")
_PARTED = ",;\t|"
_LOOKED_AT = 50
csv.field_size_limit(1 << 24)


@dataclass(frozen=True, slots=True)
class Table:
    """The cells by column, as texts, empty where nothing is there; `lines` is where each row ends in the file."""

    path: Path
    columns: Mapping[str, Sequence[str]]
    lines: Sequence[int]

    def where(self, row: int) -> str:
        """For people who look for the row."""
        return f"{self.path.name}, {'row' if self.path.suffix == '.parquet' else 'line'} {self.lines[row]}"


def tables_of(folder: Path | None) -> list[Path]:
    """Every file of the folder that may hold a table, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in KINDS) if folder else []


def read_table(path: Path, most: int | None = None) -> Table:
    """The first rows, or all. Raises UnfitError for what is no table at all."""
    if path.suffix.lower() == ".parquet":
        return _read_parquet(path, most)
    text = _decoded(path.read_bytes(), path)
    try:
        return _read_csv(path, text, most)
    except csv.Error as error:
        raise UnfitError(f"{path.name}: it is no CSV: {error}") from None


def _read_csv(path: Path, text: str, most: int | None) -> Table:
    parted = _parting(text.splitlines()[:_LOOKED_AT])
    rows = csv.reader(StringIO(text, newline=""), delimiter=parted, skipinitialspace=True)
    names = _distinct(next((row for row in rows if row), []))
    cells: list[list[str]] = []
    lines = []
    for row in rows:
        if most is not None and len(cells) >= most:
            break
        if row:
            cells.append([*row, *[""] * (len(names) - len(row))])
            lines.append(rows.line_num)
    return Table(path, {name: [row[place].strip() for row in cells] for place, name in enumerate(names)}, lines)


def _read_parquet(path: Path, most: int | None) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            batches = islice(file.iter_batches(most or 1 << 16), 1 if most else None)
            found = pa.Table.from_batches(batches, file.schema_arrow)
    except pa.ArrowInvalid as error:
        raise UnfitError(f"{path.name}: it is no Parquet: {error}") from None
    columns = {name: [_text(cell) for cell in found[name].to_pylist()] for name in found.column_names}
    return Table(path, columns, range(1, found.num_rows + 1))


def _text(cell: object) -> str:
    if cell is None:
        return ""
    return cell.isoformat() if hasattr(cell, "isoformat") else str(cell).strip()


def _decoded(content: bytes, path: Path) -> str:
    """UTF-8, with a mark or not, UTF-16 with one, else as Windows writes in western Europe."""
    if b"\0" in content[:1000] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnfitError(f"{path.name}: it is no text")
    for encoding in ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def _parting(lines: Sequence[str]) -> str:
    """What parts most columns alike in all rows."""
    return max(_PARTED, key=lambda mark: _alike(csv.reader(lines, delimiter=mark)))


def _alike(rows: Iterable[Sequence[str]]) -> tuple[float, int]:
    """The share of the rows that are as wide as the first, none where that has one column; and how wide it is."""
    widths = [len(row) for row in rows if row]
    if not widths or widths[0] < 2:
        return 0.0, 0
    return round(sum(width == widths[0] for width in widths) / len(widths), 1), widths[0]


def _distinct(names: Sequence[str]) -> list[str]:
    """Columns of one name are told apart by their place."""
    found: list[str] = []
    for place, name in enumerate(names, 1):
        plain = name.strip() or f"column {place}"
        while plain in found:
            plain = f"{plain} {place}"
        found.append(plain)
    return found
