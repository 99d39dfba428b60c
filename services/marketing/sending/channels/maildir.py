"""Letters as files that a person, or a mail reader, can open: for a system without a mail server."""

import asyncio
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from uuid import UUID

from services.marketing.enrolments.decisions.address import EMAIL
from services.marketing.sending.domain.attempt import Via
from services.marketing.sending.domain.letter import Letter
from services.marketing.sending.domain.verdict import ACCEPTED, Verdict

_WRITERS = 16


class Maildir:
    """Written to `tmp`, then renamed into `new` under the message's id: to write one again changes nothing."""

    via: Via = "maildir"
    carries = EMAIL

    def __init__(self, folder: Path, batch: int, *, fsync: bool = True) -> None:
        self.batch = batch
        self.folder = folder
        self._writers = ThreadPoolExecutor(_WRITERS, "maildir")  # a disk syncs many files in the time of one
        self._fsync = fsync
        for name in ("tmp", "new", "cur"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def wait(self, address: str) -> float:
        del address
        return 0.0

    async def hand_over(self, letters: Sequence[Letter]) -> Mapping[UUID, Verdict]:
        """Accepts all, or raises OSError; what was written by then is written again without harm."""
        await asyncio.to_thread(self._write, letters)
        return {letter.message_id: ACCEPTED for letter in letters}

    async def find(self, ids: Iterable[UUID]) -> set[UUID]:
        return await asyncio.to_thread(self._find, list(ids))

    async def remove(self, ids: Collection[UUID]) -> None:
        """Also those that were read, and what a killed sender left half written. Raises OSError."""
        await asyncio.to_thread(self._remove, {str(id_) for id_ in ids})

    async def close(self) -> None:
        self._writers.shutdown(wait=False)

    def _write(self, letters: Sequence[Letter]) -> None:
        """All of them whole, and with `fsync` on the disk, before the first one is seen under its name."""
        new, tmp = str(self.folder / "new"), str(self.folder / "tmp")
        # A stopped process that wakes up may write the same letter beside its successor: never the same file.
        names = [str(letter.message_id) for letter in letters]
        paths = [f"{tmp}/{name}.{os.getpid()}" for name in names]
        files = [(path, letter.content) for path, letter in zip(paths, letters, strict=True)]
        if self._fsync and len(files) > 1:
            writers = min(_WRITERS, len(files))
            begun = [self._writers.submit(self._write_files, files[start::writers]) for start in range(writers)]
            wait(begun)  # none is writing any more when an error leaves
            for each in begun:
                each.result()
        else:
            self._write_files(files)
        for path, name in zip(paths, names, strict=True):
            os.rename(path, f"{new}/{name}")  # noqa: PTH104  a hot loop: Path costs more than the rename
        if self._fsync:
            self._sync_folder(new)

    def _write_files(self, files: Iterable[tuple[str, bytes]]) -> None:
        for path, content in files:
            self._write_file(path, content)

    def _write_file(self, path: str, content: bytes) -> None:
        """Raises OSError where not all of it could be written, and leaves nothing behind then."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
        try:
            rest = memoryview(content)
            while rest:  # a full disk, or a limit, takes a part and says so only by the number
                rest = rest[os.write(descriptor, rest) :]
            if self._fsync:
                os.fsync(descriptor)
        except OSError:
            os.unlink(path)  # noqa: PTH108  as above
            raise
        finally:
            os.close(descriptor)

    @staticmethod
    def _sync_folder(folder: str) -> None:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _remove(self, names: set[str]) -> None:
        for name in names:
            (self.folder / "new" / name).unlink(missing_ok=True)
        for folder, mark in (("cur", ":"), ("tmp", ".")):
            for entry in os.scandir(self.folder / folder):
                if entry.name.partition(mark)[0] in names:
                    Path(entry.path).unlink(missing_ok=True)
        if self._fsync:
            for folder in ("new", "cur", "tmp"):
                self._sync_folder(str(self.folder / folder))

    def _find(self, ids: list[UUID]) -> set[UUID]:
        found = {id_ for id_ in ids if (self.folder / "new" / str(id_)).exists()}
        missing = {str(id_): id_ for id_ in ids if id_ not in found}
        if missing:
            # A mail reader moves what it has shown, and adds its flags after a colon.
            read = (entry.name.partition(":")[0] for entry in os.scandir(self.folder / "cur"))
            found.update(missing[name] for name in read if name in missing)
        return found
