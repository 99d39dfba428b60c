"""Small disks for parts of a stack, which a test can fill: a tmpfs each where mounting is allowed."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

BALLAST = "ballast"
_PIECE = 1 << 20


@contextlib.contextmanager
def small_disks(sizes: Mapping[Path, int]) -> Iterator[bool]:
    """Mounts a disk of so many MiB at each folder, in this order, for the time of the block.

    Gives False where mounting is not allowed; the folders are plain ones then.
    """
    mounted: list[Path] = []
    try:
        for place, size in sizes.items():
            place.mkdir(parents=True, exist_ok=True)
            if not _run("mount", "-t", "tmpfs", "-o", f"size={size}m,mode=0777", "tmpfs", str(place)):
                break
            mounted.append(place)
        yield len(mounted) == len(sizes)
    finally:
        for place in reversed(mounted):
            _run("umount", "-l", str(place))


def _run(program: str, *arguments: str) -> bool:
    found = shutil.which(program)
    return found is not None and subprocess.run([found, *arguments], capture_output=True, check=False).returncode == 0


def fill(place: Path) -> None:
    """Write until not one byte more fits."""
    for size in (_PIECE, 1 << 12, 1):
        piece = b"\0" * size
        with (place / BALLAST).open("ab", buffering=0) as ballast, contextlib.suppress(OSError):
            while ballast.write(piece) == size:
                pass


def free(place: Path) -> None:
    (place / BALLAST).unlink(missing_ok=True)
