"""One real Kafka broker in KRaft mode on loopback, with its data in a folder."""

import base64
import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.embedded.java import Java
from deploy.embedded.ports import HOST, answers
from deploy.embedded.process import Child
from deploy.errors import StartError

# kept in the data folder by `format`; the same everywhere, since no two of these brokers ever meet
CLUSTER_ID = base64.urlsafe_b64encode(hashlib.sha256(b"rapport embedded").digest()[:16]).decode().rstrip("=")
_START_WITHIN = 90  # seconds


class Kafka:
    """Blocking; call `prepare` once, then start, stop and kill as often as needed. Data outlives them all."""

    def __init__(self, folder: Path, logs: Path, port: int, controller_port: int, java: Java) -> None:
        self.flags: Sequence[str] = ()  # more of them, for the JVM
        self.users: Mapping[str, str] = {}  # by name their passwords; rights are granted to them, others have all
        self.users_port = 0  # where users are let in
        self.advertised: Mapping[int, int] = {}  # more ports to listen on, each with the port that clients are told
        self.folder = folder
        self._port = port
        self.bootstrap = f"{HOST}:{port}"
        self._controller = f"{HOST}:{controller_port}"
        self._java = java
        self._log = logs / "kafka-broker.log"
        self._settings = folder.parent / "kafka.properties"
        self.child = Child("kafka", logs / "kafka.log")

    def prepare(self) -> None:
        """Formats the storage at first use, in a way that an interrupted first start does no harm."""
        if not self.folder.exists():
            unfinished = self.folder.with_name(f"{self.folder.name}.new")
            shutil.rmtree(unfinished, ignore_errors=True)
            self._settings.write_text(self._properties(unfinished), "utf-8")
            command = self._java.command(
                "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", self._settings, log=self._log
            )
            done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
            if done.returncode:
                raise StartError(f"Kafka's storage in {self.folder} could not be made:\n{done.stdout}{done.stderr}")
            unfinished.rename(self.folder)
        self._settings.write_text(self._properties(self.folder), "utf-8")

    def start(self, env: Mapping[str, str] | None = None) -> None:
        """Returns when it takes connections. Raises StartError."""
        command = self._java.command("kafka.Kafka", self._settings, log=self._log, flags=self.flags)
        self.child.start(command, {**os.environ, **(env or {})})
        self.child.wait_ready(lambda: answers(self._port) and self.child.listens_on(self._port), _START_WITHIN)

    def _properties(self, data: Path) -> str:
        more = [(f"PORT{port}", port, told) for port, told in self.advertised.items()]
        listeners = [f"PLAINTEXT://{self.bootstrap}", f"CONTROLLER://{self._controller}"]
        listeners += [f"{name}://{HOST}:{port}" for name, port, _ in more]
        advertised = [f"PLAINTEXT://{self.bootstrap}", *(f"{name}://{HOST}:{told}" for name, _, told in more)]
        protocols = [f"{name}:PLAINTEXT" for name in ("CONTROLLER", "PLAINTEXT", *(name for name, _, _ in more))]
        settings: dict[str, object] = {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@{self._controller}",
            "listeners": ",".join(listeners),
            "advertised.listeners": ",".join(advertised),
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": ",".join(protocols),
            "log.dirs": data,
            "auto.create.topics.enable": "false",
            "num.partitions": 12,
            "default.replication.factor": 1,
            "offsets.topic.num.partitions": 4,
            "offsets.topic.replication.factor": 1,
            "transaction.state.log.num.partitions": 4,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "share.coordinator.state.topic.num.partitions": 1,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            # after a kill the controller takes the broker back only when its old session is over
            "broker.session.timeout.ms": 2500,
            "broker.heartbeat.interval.ms": 500,
            "group.min.session.timeout.ms": 1000,
            "message.max.bytes": 2 << 20,
            "replica.fetch.max.bytes": 2 << 20,
            "num.network.threads": 2,
            "num.io.threads": 4,
            "num.recovery.threads.per.data.dir": 2,
            "log.cleaner.dedupe.buffer.size": 16 << 20,
            "log.index.size.max.bytes": 1 << 20,
        }
        if self.users:
            self._let_in_users(settings)
        return "".join(f"{key}={value}\n" for key, value in settings.items())

    def _let_in_users(self, settings: dict[str, object]) -> None:
        """One more listener, for users with passwords; what they may do, the authorizer says."""
        settings["listeners"] = f"{settings['listeners']},USERS://{HOST}:{self.users_port}"
        settings["advertised.listeners"] = f"{settings['advertised.listeners']},USERS://{HOST}:{self.users_port}"
        protocols = settings["listener.security.protocol.map"]
        settings["listener.security.protocol.map"] = f"{protocols},USERS:SASL_PLAINTEXT"
        known = " ".join(f'user_{name}="{password}"' for name, password in self.users.items())
        login = f"org.apache.kafka.common.security.plain.PlainLoginModule required {known};"
        settings["listener.name.users.plain.sasl.jaas.config"] = login
        settings["listener.name.users.sasl.enabled.mechanisms"] = "PLAIN"
        settings["authorizer.class.name"] = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
        settings["super.users"] = "User:ANONYMOUS"
