"""What is kept of a record that waits for an operator: all of it, but for what no topic takes unpacked."""

from dataclasses import replace

from shared.engine.event import Record

MAX_VALUE, MAX_HEADERS = 2 * 1024 * 1024, 64 * 1024


def kept(record: Record) -> Record:
    """The record, with its value cut at what a topic takes, and headers that nobody reads left out beyond 64 KiB.

    Only records that were packed are larger, and none of them can be applied as it is.
    """
    size = sum(len(name) + len(value or b"") for name, value in record.headers)
    if size > MAX_HEADERS:
        record = replace(record, headers=tuple(_that_fit(record)))
    if record.value is not None and len(record.value) > MAX_VALUE:
        record = replace(record, value=record.value[:MAX_VALUE])
    return record


def _that_fit(record: Record) -> list[tuple[str, bytes | None]]:
    # Ours come before others, and of two headers of one name the last counts.
    fitting, left = [], MAX_HEADERS
    for name, value in sorted(dict(record.headers).items(), key=lambda header: not header[0].startswith("ce_")):
        left -= len(name) + len(value or b"")
        if left < 0:
            break
        fitting.append((name, value))
    return fitting
