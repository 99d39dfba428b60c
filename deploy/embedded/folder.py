"""The data folder: one run at a time, one version, room on the disk, secrets that only its owner reads."""

import fcntl
import json
import os
import secrets
import shutil
import sys
from pathlib import Path
from typing import IO

import psutil

from deploy.errors import StackError
from deploy.kafka.jars import KAFKA_VERSION

LAYOUT = f"1 kafka-{KAFKA_VERSION.rpartition('.')[0]} postgres-18"
_ROOM = 1 << 30  # bytes; less ends in a broken start rather than in a clear message


class Folder:
    """Everything that a stack keeps. Open it before use; `close` frees it for the next run."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock: IO[str] | None = None

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    def open(self, *, fresh: bool = False) -> None:
        """Raises StackError when the folder is in use, of another version, not ours, or the disk is nearly full."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StackError(f"The data folder {self.path} cannot be made: {error.strerror}. Name another.") from error
        self._take_lock()
        try:
            self._end_leftovers()
            if fresh:
                self._empty()
            self._check_version()
            self._check_room()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def secret(self, name: str) -> str:
        """A password made at first use and kept in a file that only its owner can read."""
        file = self.path / "secrets.json"
        known: dict[str, str] = json.loads(file.read_text("utf-8")) if file.exists() else {}
        if name not in known:
            known[name] = secrets.token_urlsafe(24)
            write_atomically(file, json.dumps(known, indent=1), mode=0o600)
        return known[name]

    def remember_processes(self, pids: dict[str, int]) -> None:
        """So that the next run can wait for, or end, what this one leaves behind if it is killed."""
        started = {
            name: [pid, psutil.Process(pid).create_time()] for name, pid in pids.items() if psutil.pid_exists(pid)
        }
        write_atomically(self.path / "processes.json", json.dumps(started))

    def _take_lock(self) -> None:
        lock = (self.path / "lock").open("a+", encoding="utf-8")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            lock.close()
            raise StackError(
                f"The data folder {self.path} is in use by process {owner}. Stop that run first, or name another "
                "folder (make run DATA=folder)."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def _end_leftovers(self) -> None:
        """The children of a killed run stop by themselves; they are given 15 s, then killed."""
        file = self.path / "processes.json"
        if not file.exists():
            return
        left = []
        for pid, created in json.loads(file.read_text("utf-8")).values():
            try:
                process = psutil.Process(pid)
                if process.create_time() == created:
                    left.append(process)
            except psutil.NoSuchProcess:
                continue
        if sys.platform != "linux":  # no kernel told them
            for process in left:
                process.terminate()
        for process in psutil.wait_procs(left, timeout=15)[1]:
            process.kill()
        psutil.wait_procs(left, timeout=5)
        file.unlink()

    def _empty(self) -> None:
        if not (self.path / "VERSION").exists() and {entry.name for entry in self.path.iterdir()} - {"lock"}:
            raise StackError(f"{self.path} holds files that no run of Rapport made, so it stays. Name another folder.")
        for entry in self.path.iterdir():
            if entry.name == "lock":
                continue
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()

    def _check_version(self) -> None:
        file = self.path / "VERSION"
        if not file.exists():
            if {entry.name for entry in self.path.iterdir()} - {"lock"}:
                raise StackError(f"{self.path} holds files of others. Name another folder, or empty it.")
            write_atomically(file, LAYOUT)
        elif (found := file.read_text("utf-8").strip()) != LAYOUT:
            raise StackError(
                f"The data in {self.path} is of another version ({found}; this one needs {LAYOUT}). Start with FRESH=1 "
                "to give it up, name another folder, or go back to the version that made it."
            )

    def _check_room(self) -> None:
        free = shutil.disk_usage(self.path).free
        if free < _ROOM:
            raise StackError(
                f"Only {free >> 20} MiB are free where {self.path} lies, and {_ROOM >> 20} MiB are needed. Make room, "
                "or name a folder on another disk."
            )


def write_atomically(file: Path, text: str, *, mode: int = 0o644) -> None:
    """Readers see the old content or the new, never a part."""
    part = file.with_name(f".{file.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(file)
