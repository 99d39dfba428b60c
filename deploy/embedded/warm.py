"""Kafka's ahead-of-time cache: a broker is run once, for nothing, and the JVM keeps what it loaded and linked."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from deploy.embedded.java import Java
from deploy.embedded.kafka import Kafka
from deploy.embedded.ports import free_port
from deploy.errors import StackError


def ensure_warm(java: Java, say: Callable[[str], None]) -> None:
    """Makes the cache unless it is there: some 15 s once per machine, then each start saves about one second of CPU.

    A failure costs nothing but the saving, so it is told and passed over.
    """
    if java.aot_cache.exists():
        return
    say("Kafka is run once to make its later starts quick ...")
    with tempfile.TemporaryDirectory(dir=java.cache, prefix=".warm-") as scratch:
        folder, made = Path(scratch), Path(scratch) / "made.aot"
        port = free_port(set())
        kafka = Kafka(folder / "kafka", folder, port, free_port({port}), java)
        try:
            kafka.prepare()
            kafka.flags = (f"-XX:AOTCacheOutput={made}",)
            kafka.start()
        except StackError as error:
            say(f"It did not start, and will be slower to start from now on: {error}")
            return
        finally:
            kafka.child.stop(within=120)
        if made.exists():
            made.replace(java.aot_cache)
