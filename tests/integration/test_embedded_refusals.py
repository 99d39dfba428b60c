"""What the stack refuses before it starts anything, and the words it does it with."""

import hashlib
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from deploy.embedded import StackError, StartError
from deploy.embedded.folder import Folder
from deploy.embedded.ports import Ports, free_port
from deploy.embedded.service import Service
from deploy.kafka import jars
from deploy.kafka.topics import load_topics


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    folder = Folder(tmp_path / "data")
    yield folder
    folder.close()


class TestFolder:
    def test_data_of_another_version_is_not_touched(self, folder: Folder) -> None:
        folder.open()
        folder.close()
        (folder.path / "VERSION").write_text("0 kafka-3.9 postgres-17\n", "utf-8")
        with pytest.raises(StackError, match=r"of another version .*Start with FRESH=1"):
            folder.open()

    def test_fresh_empties_it_also_of_another_version(self, folder: Folder) -> None:
        folder.open()
        folder.close()
        (folder.path / "VERSION").write_text("0 kafka-3.9 postgres-17\n", "utf-8")
        (folder.path / "kafka").mkdir()
        folder.open(fresh=True)
        assert not (folder.path / "kafka").exists()

    @pytest.mark.parametrize("fresh", [False, True])
    def test_files_of_others_stay(self, folder: Folder, fresh: bool) -> None:
        folder.path.mkdir()
        (folder.path / "thesis.txt").write_text("years of work", "utf-8")
        with pytest.raises(StackError, match="Name another folder"):
            folder.open(fresh=fresh)
        assert (folder.path / "thesis.txt").exists()

    def test_it_is_free_again_after_a_refusal(self, folder: Folder) -> None:
        folder.path.mkdir()
        (folder.path / "thesis.txt").touch()
        with pytest.raises(StackError):
            folder.open()
        (folder.path / "thesis.txt").unlink()
        folder.open()

    def test_a_full_disk_is_told_before_the_start(self, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
        usage = shutil.disk_usage("/")._replace(free=500 << 20)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
        with pytest.raises(StackError, match=r"Only 500 MiB are free .* 1024 MiB are needed"):
            folder.open()

    def test_a_secret_is_made_once_and_kept(self, folder: Folder) -> None:
        folder.open()
        assert folder.secret("contacts") == Folder(folder.path).secret("contacts")
        assert folder.secret("contacts") != folder.secret("support")


class TestPorts:
    def test_a_folder_keeps_its_ports(self, tmp_path: Path) -> None:
        first = Ports(tmp_path / "ports.json", {}, defaults=False)
        given = {name: first.of(name) for name in ("kafka", "contacts")}
        again = Ports(tmp_path / "ports.json", {}, defaults=False)
        assert {name: again.of(name) for name in given} == given

    def test_an_asked_port_is_given(self, tmp_path: Path) -> None:
        port = free_port(set())
        assert Ports(tmp_path / "ports.json", {"kafka": port}, defaults=True).of("kafka") == port


class TestJars:
    """The one locked jar is served, or not, by a Maven repository of the test."""

    @pytest.fixture
    def repository(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = b"a jar" if self.path.endswith(".jar") else b""
                self.send_response(200 if body else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("RAPPORT_MAVEN_URL", f"http://127.0.0.1:{server.server_port}")
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        server.server_close()

    @pytest.fixture
    def lock(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        lock = tmp_path / "jars.lock"
        lock.write_text(f"# one\norg.example:thing:1.0 {hashlib.sha256(b'a jar').hexdigest()}\n", "utf-8")
        monkeypatch.setattr(jars, "LOCK", lock)
        return lock

    @pytest.mark.usefixtures("repository", "lock")
    def test_a_missing_jar_is_downloaded_once(self, tmp_path: Path) -> None:
        told: list[str] = []
        found = jars.class_path(tmp_path / "jars", told.append)
        assert [path.read_bytes() for path in found] == [b"a jar"]
        assert told == [f"Kafka {jars.KAFKA_VERSION}: 1 of 1 jars downloaded"]
        assert jars.class_path(tmp_path / "jars", told.append) == found
        assert len(told) == 1

    @pytest.mark.usefixtures("repository")
    def test_another_file_than_the_locked_one_is_not_kept(self, tmp_path: Path, lock: Path) -> None:
        lock.write_text(f"org.example:thing:1.0 {'0' * 64}\n", "utf-8")
        with pytest.raises(StackError, match=r"thing-1\.0\.jar was downloaded with sha256 .*another network"):
            jars.class_path(tmp_path / "jars", print)
        assert list((tmp_path / "jars").iterdir()) == []

    @pytest.mark.usefixtures("repository", "lock")
    def test_a_jar_that_was_changed_on_disk_is_downloaded_again(self, tmp_path: Path) -> None:
        (path,) = jars.class_path(tmp_path / "jars", print)
        path.write_bytes(b"something else")
        assert jars.class_path(tmp_path / "jars", print)[0].read_bytes() == b"a jar"

    @pytest.mark.usefixtures("lock")
    def test_no_network_at_the_first_start_says_what_to_do(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("RAPPORT_MAVEN_URL", f"http://127.0.0.1:{free_port(set())}")
        with pytest.raises(StackError, match=r"The first start needs the network.*Start again when it is within reach"):
            jars.class_path(tmp_path / "jars", print)


def test_another_program_on_a_services_port_is_not_taken_for_the_service(tmp_path: Path) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    nowhere = f"127.0.0.1:{free_port(set())}"
    environment = {
        "RAPPORT_KAFKA__BROKERS": nowhere,
        "RAPPORT_DATABASE__DSN": f"postgresql://nobody@{nowhere}/contacts",
        "RAPPORT_AUTH__MODE": "off",
    }
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        service = Service("contacts", "contacts", server.server_port, environment, tmp_path)
        try:
            with pytest.raises(StartError, match="Address already in use"):
                service.start()
            assert not service.is_ready()
        finally:
            service.child.kill()
            server.shutdown()
            thread.join()


def test_personal_data_is_deleted_after_a_week_and_the_rest_as_the_contract_says() -> None:
    cleanup = {
        topic.name: (topic.config["cleanup.policy"], topic.config.get("retention.ms")) for topic in load_topics()
    }
    week = str(7 * 24 * 3600 * 1000)
    assert {name for name, kind in cleanup.items() if kind == ("delete", week)} == {"crm.ingest", "crm.requests"}
    assert {name for name, (policy, _) in cleanup.items() if policy == "compact"} == {"crm.products", "crm.parties"}
    assert {name for name, kind in cleanup.items() if kind == ("delete", "-1")} == {
        f"crm.{name}" for name in ("indicators", "contacts", "sales", "agreements", "campaigns", "tickets", "insights")
    }


def test_in_production_a_record_stands_on_two_brokers_before_it_is_acknowledged() -> None:
    assert all((t.replication, t.config["min.insync.replicas"]) == (3, "2") for t in load_topics("production"))
