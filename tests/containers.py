"""The same stack with Kafka and Postgres in containers, where Docker answers."""

import asyncio
import gc
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

import docker
from docker.errors import DockerException, ImageNotFound
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from deploy.embedded.postgres import LOGS_NO_VALUES
from deploy.embedded.process import ROOT
from deploy.embedded.stack import EmbeddedStack
from deploy.errors import StartError

testcontainers_config.ryuk_disabled = True  # it would be one more image; the stack removes its containers itself


def image(name: str) -> str:
    """By its name in deploy/images/versions.env, where every image is named once."""
    lines = (ROOT / "deploy" / "images" / "versions.env").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))[name]


def why_not() -> str | None:
    """What keeps containers from being used here; None when nothing does."""
    client = _client()
    if client is None:
        return "Docker does not answer"
    try:
        for name in ("KAFKA_IMAGE", "POSTGRES_IMAGE"):
            _have(client, image(name))
    except DockerException as error:
        return f"an image cannot be had ({error.__class__.__name__})"
    finally:
        client.close()
    return None


def _client() -> docker.DockerClient | None:
    """A client that has reached its server; docker leaves the socket of one that could not to the collector."""
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        try:
            client = docker.from_env(timeout=5)
            client.ping()
        except DockerException:
            client = None
        gc.collect()
    return client


def _have(client: docker.DockerClient, name: str) -> None:
    try:
        client.images.get(name)
    except ImageNotFound:
        client.images.pull(name)


class Container:
    """One container that may be killed and started again with its data."""

    def __init__(self, container: DockerContainer, log: Path, is_ready: Callable[[], bool]) -> None:
        self.child = self  # as a part of the stack it is its own process
        self.log = log
        self._container = container
        self._is_ready = is_ready
        self._starts = 0

    @property
    def pid(self) -> int | None:
        return int(self._state()["Pid"]) or None

    @property
    def status(self) -> int | None:
        state = self._state()
        return None if state["Running"] else int(state["ExitCode"])

    def is_alive(self) -> bool:
        return bool(self._state()["Running"])

    def start(self, env: Mapping[str, str] | None = None) -> None:
        if env:
            raise ValueError("a container keeps its environment")
        if self._starts:
            self._container.get_wrapped_container().start()
        else:
            self._container.start()
        self._starts += 1
        deadline = time.monotonic() + 90
        while not self._is_ready():
            if not self.is_alive() or time.monotonic() > deadline:
                raise StartError(b"".join(self._container.get_logs()).decode(errors="replace")[-2000:])
            time.sleep(0.1)

    def stop(self) -> None:
        if self._starts and self.is_alive():
            self._container.get_wrapped_container().stop(timeout=30)

    def kill(self) -> None:
        self._container.get_wrapped_container().kill()
        self._container.get_wrapped_container().wait()

    def suspend(self) -> None:
        self._container.get_wrapped_container().pause()

    def resume(self) -> None:
        self._container.get_wrapped_container().unpause()

    def remove(self) -> None:
        if self._starts:
            self._container.stop()

    def _state(self) -> dict[str, int]:
        if not self._starts:
            return {"Pid": 0, "Running": False, "ExitCode": 0}
        container = self._container.get_wrapped_container()
        container.reload()
        state: dict[str, int] = container.attrs["State"]
        return state


class KafkaContainer(Container):
    def __init__(self, logs: Path, port: int) -> None:
        self.bootstrap = f"127.0.0.1:{port}"
        environment = {
            "KAFKA_NODE_ID": "1",
            "KAFKA_PROCESS_ROLES": "broker,controller",
            "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
            "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{self.bootstrap}",
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
            "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
            "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "4",
            "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS": "4",
            "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
            "KAFKA_BROKER_SESSION_TIMEOUT_MS": "2500",
            "KAFKA_BROKER_HEARTBEAT_INTERVAL_MS": "500",
            "KAFKA_MESSAGE_MAX_BYTES": str(2 << 20),
        }
        container = DockerContainer(image("KAFKA_IMAGE"), env=environment).with_bind_ports(9092, port)
        super().__init__(container, logs / "kafka.log", self._speaks)

    def prepare(self) -> None:
        """Its image formats the storage."""

    def _speaks(self) -> bool:
        """Docker's proxy takes connections before the broker does, so the broker's own word counts, once a start."""
        return b"".join(self._container.get_logs()).count(b"Kafka Server started") == self._starts


class PostgresContainer(Container):
    def __init__(self, logs: Path, port: int, password: str) -> None:
        self.address = f"127.0.0.1:{port}"
        self._password = password
        options = " ".join(f"-c {name}={value}" for name, value in LOGS_NO_VALUES.items())
        container = DockerContainer(image("POSTGRES_IMAGE"), env={"POSTGRES_PASSWORD": password}, command=options)
        super().__init__(container.with_bind_ports(5432, port), logs / "postgres.log", self._speaks)

    def dsn(self, database: str = "postgres") -> str:
        return f"postgresql://postgres:{self._password}@{self.address}/{database}"

    def prepare(self) -> None:
        """Its image makes the data folder."""

    def _speaks(self) -> bool:
        command = ["psql", "-h", "127.0.0.1", "-U", "postgres", "-c", "select 1"]
        done = self._container.get_wrapped_container().exec_run(command, environment={"PGPASSWORD": self._password})
        return bool(done.exit_code == 0)


class ContainerStack(EmbeddedStack):
    """Services run as processes of this machine; Kafka and Postgres are gone with their data when it stops."""

    async def _make_servers(self) -> tuple[KafkaContainer, PostgresContainer]:
        logs = self.folder.logs
        kafka = KafkaContainer(logs, self._ports.of("kafka"))
        self._containers = (kafka, PostgresContainer(logs, self._ports.of("postgres"), self.folder.secret("postgres")))
        return self._containers

    async def stop(self) -> None:
        await super().stop()
        for container in getattr(self, "_containers", ()):
            await asyncio.to_thread(container.remove)
