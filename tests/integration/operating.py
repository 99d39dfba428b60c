"""An operator who asks a service over a real socket."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import uvicorn
from fastapi import FastAPI


class Ran(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def answer(self) -> Any:
        return json.loads(self.out)


@dataclass
class Operator:
    url: str

    async def run(self, *lines: str) -> list[Ran]:
        """In a process of its own: the service of this one would log into what a runner closes."""
        asked = json.dumps([[*line.split(), *([] if "--url" in line else ["--url", self.url])] for line in lines])
        command = [sys.executable, "-m", "tests.integration.commands"]
        ran = await asyncio.to_thread(subprocess.run, command, input=asked, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        return [Ran(*each) for each in json.loads(ran.stdout)]


@asynccontextmanager
async def operating(served: FastAPI) -> AsyncIterator[Operator]:
    """Of the service that is served meanwhile, on any free port."""
    server = uvicorn.Server(uvicorn.Config(served, port=0, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield Operator(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
    server.should_exit = True
    await task
