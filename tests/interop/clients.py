"""Foreign clients as processes: each sends facts that it reads from its input, and prints the events that it reads."""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
_BUILD_S, _RUN_S = 400, 90


class NotHereError(Exception):
    """A runtime is not on this machine, or its packages could not be had; the text says which."""


@dataclass(frozen=True, slots=True)
class Client:
    """Command lines, to which the arguments of the programs are added; `post` is of those that have an SDK for HTTP."""

    send: list[str]
    receive: list[str]
    post: list[str] = field(default_factory=list)

    async def tell(self, brokers: str, mode: str, facts: Iterable[Mapping[str, Any]]) -> None:
        """Send facts to crm.ingest."""
        await run([*self.send, brokers, mode], "".join(json.dumps(fact) + "\n" for fact in facts))

    async def tell_over_http(self, url: str, mode: str, facts: Iterable[Mapping[str, Any]]) -> list[int]:
        """Post facts; the status of each."""
        said = await run([*self.post, url, mode], "".join(json.dumps(fact) + "\n" for fact in facts))
        return [int(line) for line in said.split()]

    async def hear(self, brokers: str, topic: str, count: int) -> list[dict[str, Any]]:
        """The first `count` events of a topic, as the client read them."""
        said = await run([*self.receive, brokers, topic, str(count)], "")
        return [json.loads(line) for line in said.splitlines()]


def python(folder: Path) -> Client:
    del folder
    return Client(*([sys.executable, str(HERE / "python" / name)] for name in ("send.py", "receive.py", "post.py")))


def javascript(folder: Path) -> Client:
    need("node", "npm")
    shutil.copytree(HERE / "javascript", folder, dirs_exist_ok=True)
    build(folder, "npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts")
    return Client(*(["node", str(folder / name)] for name in ("send.js", "receive.js", "post.js")))


def java(folder: Path) -> Client:
    need("java", "javac", "mvn")
    shutil.copytree(HERE / "java", folder, dirs_exist_ok=True)
    build(folder, "mvn", "-q", "-B", "dependency:build-classpath", "-Dmdep.outputFile=classpath")
    classpath = (folder / "classpath").read_text("utf-8").strip()
    build(folder, "javac", "-cp", classpath, "Send.java", "Receive.java")
    return Client(*(["java", "-cp", f"{folder}:{classpath}", name] for name in ("Send", "Receive")))


def go(folder: Path) -> Client:
    need("go")
    shutil.copytree(HERE / "go", folder, dirs_exist_ok=True)
    build(folder, "go", "build", "-o", "client", ".")
    return Client(*([str(folder / "client"), verb] for verb in ("send", "receive")))


CLIENTS: Mapping[str, Callable[[Path], Client]] = {"python": python, "javascript": javascript, "java": java, "go": go}


def need(*programs: str) -> None:
    """Raises NotHereError where one is missing."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        raise NotHereError(f"{' and '.join(missing)} is not on this machine")


def build(folder: Path, *command: str) -> None:
    """Run a command that may need a registry of packages; raises NotHereError where it fails."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=_BUILD_S, check=False)
    except subprocess.TimeoutExpired:
        raise NotHereError(f"`{command[0]}` had not got its packages after {_BUILD_S} s") from None
    if done.returncode:
        raise NotHereError(f"`{' '.join(command[:3])}` failed: {(done.stdout + done.stderr).strip()[-500:]}")


async def run(command: list[str], told: str = "") -> str:
    """What the program printed, which has to end well."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
    try:
        async with asyncio.timeout(_RUN_S):
            said, errors = await process.communicate(told.encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, f"{command[0]}: {errors.decode()[-2000:]}"
    return said.decode()
