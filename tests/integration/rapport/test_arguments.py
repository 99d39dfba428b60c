"""Every command of `rapport` with arguments that are right, wrong, missing and odd: it says what to do, in a line."""

import json
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

from deploy.embedded.ports import free_port
from tools.rapport.cli import app

RIGHT: dict[str, str] = {
    "group": "contacts.timeline",
    "place": "crm.sales/3",
    "offsets": "1-2",
    "ids": "contacts:7",
    "record": "contacts:7",
    "service": "contacts",
    "party": "0190c4e0-0000-7000-8000-000000000001",
    "cut": "newest",
    "name": "welcome",
    "to": "someone@example.org",
    "since": "2026-01-01",
    "until": "2026-02-01",
    "because": "they asked",
    "reason": "it has to go on",
    "overlay": "local",
    "header": "ce_id=8271",
    "send": "contacts:7",
    "limit": "3",
    "sales": "3",
    "days": "3",
}
ASKING = frozenset({"accept-loss", "recover", "skip"})
ODD = ("", " ", "-1", "0", "9" * 30, "\udcff", "ø/ø", "bogus", "a:b:c", "/", "3-1", "x=", "=x", "[]", "\t\n", "٣")


def commands(group: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *path, name)
            if not command.invoke_without_command:
                continue
        yield (*path, name), command


COMMAND = get_command(app)
COMMANDS = dict(commands(COMMAND))


class Answers(BaseHTTPRequestHandler):
    """Another program, where a service is looked for."""

    said = b"{}"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(self.said)))
        self.end_headers()
        self.wfile.write(self.said)

    do_POST = do_GET  # noqa: N815  so it is called

    def log_message(self, *args: Any) -> None:
        del args


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stack that is down."""
    for name in ("RAPPORT_DATABASE__DSN", "RAPPORT_KAFKA__BROKERS", "RAPPORT_SECRETS_DIR", "RAPPORT_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("typer.testing._get_command", lambda _: COMMAND)  # or every command is made anew each time
    folder, port = tmp_path / "stack", free_port(set())
    folder.mkdir()
    services = ("contacts", "forecasting", "marketing", "support")
    secrets = {"postgres": "x"} | {f"{each}{end}": "x" for each in services for end in ("", "_owner")}
    (folder / "ports.json").write_text(json.dumps({"kafka": port, "postgres": port}))
    (folder / "secrets.json").write_text(json.dumps(secrets))
    (folder / "addresses.json").write_text(json.dumps(dict.fromkeys(services, f"http://127.0.0.1:{port}")))
    (tmp_path / "file.yaml").write_text("name: welcome")
    return folder


def line_of(parameter: Any, value: str) -> list[str]:
    return [value] if parameter.param_type_name == "argument" else [parameter.opts[0], value]


def right_line(command: Any, folder: Path, but: Any = None) -> list[str]:
    """Everything that the command needs, without one of its parameters."""
    line: list[str] = []
    for each in command.params:
        if each.name == "stack":
            line += ["--stack", str(folder)]
        elif each is not but and (each.required or (each.name == "reason" and command.name in ASKING)):
            value = {"file": "file.yaml", "files": "file.yaml", "into": "archive.zip"}.get(each.name or "")
            line += line_of(each, value or RIGHT[each.name or ""])
    return line


def invoke(path: Sequence[str], line: Sequence[str]) -> Result:
    return CliRunner().invoke(app, [*path, *line], input="")


def assert_told(result: Result, line: Sequence[str]) -> None:
    told = result.exception is None or isinstance(result.exception, SystemExit)
    assert told, f"{line}: {result.exception!r}"
    assert result.exit_code in {1, 2}, (line, result.output)
    assert result.output.strip(), line


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_where_nothing_runs_it_is_said_in_a_line(path: tuple[str, ...], folder: Path) -> None:
    line = right_line(COMMANDS[path], folder)
    result = invoke(path, line)
    assert_told(result, line)
    assert "Usage" not in result.output, result.output


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_no_odd_argument_ends_in_a_traceback(path: tuple[str, ...], folder: Path) -> None:
    """Each parameter with a few of the odd values, of which each command gets all."""
    for place, parameter in enumerate(COMMANDS[path].params):
        if getattr(parameter, "is_flag", False):
            continue
        for odd in [ODD[(place + step) % len(ODD)] for step in range(0, len(ODD), 4)]:
            line = [*right_line(COMMANDS[path], folder, but=parameter), *line_of(parameter, odd)]
            assert_told(invoke(path, line), line)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_what_is_missing_is_named(path: tuple[str, ...], folder: Path) -> None:
    for parameter in COMMANDS[path].params:
        if parameter.required:
            line = right_line(COMMANDS[path], folder, but=parameter)
            result = invoke(path, line)
            assert_told(result, line)
            assert "Missing" in result.output


@pytest.mark.parametrize("said", [b"{}", b"[]", b"null", b"no JSON", b"\xff", b'{"detail": 3}'])
def test_another_program_at_the_address_is_told(said: bytes, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Answers, "said", said)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    try:
        for path, command in COMMANDS.items():
            if any(each.name == "url" for each in command.params):
                urls = [f"--url=contacts={address}"] if path == ("archive",) else [f"--url={address}"]
                line = [*right_line(command, folder), *urls]
                assert_told(invoke(path, line), (*path, *line))
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["skip", "bogus.x", "crm.sales/3", "1-2"], "bogus is no service"),
        (["skip", "contacts.x", "crm.sales", "1-2"], "crm.sales is no partition"),
        (["skip", "contacts.x", "crm.sales/12", "1-2"], "the partitions 0 to 11"),
        (["skip", "contacts.x", "crm.sales/3", "2-1"], "ends before it begins"),
        (["accept-loss", "bogus.x", "crm.sales/3"], "bogus is no service"),
        (["recover", "bogus"], "bogus is no service"),
        (["skip", "contacts.x", "crm.sales/3", "1-2", "--reason", " "], "--reason says nothing"),
        (["timers", "--retry", ""], "--retry says nothing"),
        (["timers", "--name", "x"], "--name chooses what --retry"),
        (["outbox", "--reason", "x"], "name one event"),
        (["outbox", "--send", "", "--reason", "x"], " is no id"),
        (["redrive", "--all", "--drop", ""], "--drop says nothing"),
    ],
)
def test_arguments_are_looked_at_before_anybody_is_asked_why(line: list[str], said: str, folder: Path) -> None:
    result = CliRunner().invoke(app, [*line, "--stack", str(folder)], input="never asked\n")
    assert result.exit_code == 2
    assert said in result.output
    assert "Why" not in result.output


def test_who_has_no_terminal_is_told_of_the_option(folder: Path) -> None:
    line = ["skip", "contacts.timeline", "crm.sales/3", "1-2", "--stack", str(folder)]
    result = CliRunner().invoke(app, line, input="")
    assert result.exit_code == 2
    assert "say why with --reason" in result.output


@pytest.mark.parametrize("token", ["å", "a\nb"])
def test_a_token_that_is_none_is_told(token: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAPPORT_TOKEN", token)
    result = CliRunner().invoke(app, ["segments", "list", "--stack", str(folder)])
    assert result.exit_code == 2
    assert "RAPPORT_TOKEN holds no token" in result.output
