"""Kafka's jars: resolved by jgo once into jars.lock, from then on downloaded by the lock and checked against it.

`python -m deploy.kafka.jars` resolves anew and writes the lock.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from deploy.errors import StackError

if TYPE_CHECKING:
    from jgo.maven import MavenContext  # half a second to import, so only where something is missing

KAFKA_VERSION = "4.3.1"
LOCK = Path(__file__).with_name("jars.lock")
WANTED = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}"
# The "!" keeps log4j's dependency management away from Kafka's own: it would put kafka-clients back to 3.9.
WANTED_RAW = ("org.apache.logging.log4j:log4j-slf4j-impl:2.25.1!", "org.apache.logging.log4j:log4j-core:2.25.1!")


@dataclass(frozen=True, slots=True)
class Jar:
    coordinate: str  # group:artifact:version
    sha256: str

    @property
    def file_name(self) -> str:
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


def locked() -> list[Jar]:
    lines = (line.split() for line in LOCK.read_text("utf-8").splitlines() if line and not line.startswith("#"))
    return [Jar(coordinate, sha256) for coordinate, sha256 in lines]


def class_path(folder: Path, say: Callable[[str], None]) -> list[Path]:
    """The locked jars in `folder`; those that are missing or wrong are downloaded first, and `say` hears how far it is.

    A jar gets its name only after its hash was checked. Raises StackError when one cannot be had or is another file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [jar for jar in locked() if not _is_right(folder / jar.file_name, jar)]
    if missing:
        with TemporaryDirectory(dir=folder, prefix=".partial-") as partial, ThreadPoolExecutor(8) as pool:
            downloads = [pool.submit(_download, _maven(Path(partial)), jar, folder) for jar in missing]
            try:
                for done, download in enumerate(as_completed(downloads), start=1):
                    download.result()
                    if done % 10 == 0 or done == len(missing):
                        say(f"Kafka {KAFKA_VERSION}: {done} of {len(missing)} jars downloaded")
            finally:
                pool.shutdown(cancel_futures=True)
    return [folder / jar.file_name for jar in locked()]


def _is_right(path: Path, jar: Jar) -> bool:
    return path.exists() and _sha256(path) == jar.sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _maven(cache: Path) -> "MavenContext":
    from jgo.maven import MavenContext

    mirror = os.environ.get("RAPPORT_MAVEN_URL")
    return MavenContext(repo_cache=cache, remote_repos={"mirror": mirror} if mirror else None, timeout=60)


def _download(maven: "MavenContext", jar: Jar, folder: Path) -> None:
    import requests

    group, artifact, version = jar.coordinate.split(":")
    try:
        path = maven.project(group, artifact).at_version(version).artifact().resolve()
    except requests.RequestException as error:
        message = (
            f"{jar.file_name} could not be downloaded ({type(error).__name__}). The first start needs the network: "
            "a Maven repository, or a mirror of one named by RAPPORT_MAVEN_URL (and REQUESTS_CA_BUNDLE, HTTPS_PROXY "
            "where you need them). Start again when it is within reach; what was downloaded is kept."
        )
        raise StackError(message) from error
    except RuntimeError as error:
        raise StackError(f"{jar.coordinate} is not in the Maven repository that was asked: {error}") from error
    except OSError as error:
        raise StackError(
            f"{jar.file_name} could not be written to {folder}: {error}. Make room and start again."
        ) from error
    if (found := _sha256(path)) != jar.sha256:
        raise StackError(
            f"{jar.file_name} was downloaded with sha256 {found}, but {LOCK.name} says {jar.sha256}. It was "
            "not kept and nothing was started. Something between you and the repository may have changed it: try "
            "another network or mirror."
        )
    path.replace(folder / jar.file_name)


def resolve(scratch: Path) -> list[Jar]:
    """Asks the Maven repository what Kafka needs at run time."""
    maven = _maven(scratch)
    wanted = [maven.create_dependency(coordinate) for coordinate in (WANTED, *WANTED_RAW)]
    inputs, transitive = maven.resolver.resolve(wanted)
    jars = []
    for found in (*inputs, *transitive):
        coordinate = f"{found.groupId}:{found.artifactId}:{found.version}"
        jars.append(Jar(coordinate, _sha256(found.artifact.resolve())))
    return sorted(jars, key=lambda jar: jar.coordinate)


def main() -> None:
    with TemporaryDirectory() as scratch:
        jars = resolve(Path(scratch))
    head = f"# What Kafka {KAFKA_VERSION} runs on: coordinate and sha256. Written by `python -m deploy.kafka.jars`.\n"
    LOCK.write_text(head + "".join(f"{jar.coordinate} {jar.sha256}\n" for jar in jars), "utf-8")
    shutil.copymode(__file__, LOCK)
    print(f"{LOCK.name}: {len(jars)} jars")


if __name__ == "__main__":
    main()
