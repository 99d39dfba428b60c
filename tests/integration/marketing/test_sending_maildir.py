"""Letters as files: whole, or not there."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest

from services.marketing.sending.channels.maildir import Maildir
from services.marketing.sending.domain.letter import Letter

SHORT = Letter(UUID(int=1), 1, "ada@example.com", b"short")
LONG = Letter(UUID(int=2), 1, "bob@example.com", b"long " * 1_000)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """As on a full disk, a write beyond it takes a part of the bytes, and the next one fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def files(folder: Path) -> dict[str, bytes]:
    return {f"{file.parent.name}/{file.name}": file.read_bytes() for file in folder.glob("*/*")}


@pytest.mark.parametrize("fsync", [True, False])
@pytest.mark.parametrize("letters", [[LONG], [SHORT, LONG], [LONG, SHORT]])
async def test_letter_that_cannot_be_written_whole_is_not_there(
    tmp_path: Path, letters: list[Letter], fsync: bool
) -> None:
    channel = Maildir(tmp_path, 500, fsync=fsync)
    with largest_file(1_000), pytest.raises(OSError, match="File too large"):
        await channel.hand_over(letters)
    # nothing of the batch counts as sent before all of it is written
    assert {name.partition(".")[0] for name in files(tmp_path)} <= {f"tmp/{SHORT.message_id}"}
    assert await channel.find([SHORT.message_id, LONG.message_id]) == set()

    verdicts = await channel.hand_over(letters)
    assert {verdict.kind for verdict in verdicts.values()} == {"accepted"}
    assert files(tmp_path) == {f"new/{letter.message_id}": letter.content for letter in letters}
