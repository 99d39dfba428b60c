"""The console's pages on the demo's data: how long each takes while eight people look at nothing else."""

import asyncio
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from bench.client import run_client
from bench.rows import Row
from bench.setting import Sizes, say

CLIENTS, _SECONDS = 8, 4
_HOUSEHOLDS = 60
"""Of a run that is to be quick, at the most; SCALE=full plays as many as `make demo`."""
_PAGES_A_ROUND = 6
"""A run of one round asks for the first pages only."""
_ROOT = Path(__file__).resolve().parents[1]
_ADDRESS = re.compile(r"\b(console|contacts|marketing|support|forecasting) (http://\S+?)(?:,|$)|Open (http://\S+)")


async def measure(sizes: Sizes) -> list[Row]:
    """The row `pages`: the slowest page's, and the 95th percentile of each by its name."""
    households = min(_HOUSEHOLDS, sizes.customers // 2)
    async with _demo("small" if sizes.full else str(households)) as urls:
        seconds = min(_SECONDS, sizes.seconds / 2)
        asked = islice((await _pages(urls)).items(), sizes.rounds * _PAGES_A_ROUND)
        found = {name: await _ask(urls, path, seconds) for name, path in asked}
    slowest = max(found, key=lambda name: found[name]["p95_ms"])
    return [
        Row(
            "pages",
            found[slowest]["rate"],
            "pages",
            p50_ms=found[slowest]["p50_ms"],
            p99_ms=found[slowest]["p99_ms"],
            more={
                "worst_p95_ms": found[slowest]["p95_ms"],
                **{f"{name}_p95_ms": times["p95_ms"] for name, times in found.items()},
            },
            note=f"{CLIENTS} clients, each asks again as soon as it is answered; the figures are of “{slowest}”",
        )
    ]


@asynccontextmanager
async def _demo(scale: str) -> AsyncIterator[Mapping[str, str]]:
    """`make demo` as a process of its own; addresses by name, once its year is played. Raises RuntimeError."""
    with tempfile.TemporaryDirectory(prefix="rapport-bench-", ignore_cleanup_errors=True) as folder:
        path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
        environment = {**os.environ, "SCALE": scale, "ONCE": "", "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
        say(f"  the demo's year, SCALE={scale}")
        demo = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "demo"), cwd=folder, env=environment, stdout=asyncio.subprocess.PIPE
        )
        try:
            assert demo.stdout is not None
            yield await _until_played(demo.stdout)
        finally:
            if demo.returncode is None:
                demo.terminate()
            await demo.wait()


async def _until_played(printed: asyncio.StreamReader) -> Mapping[str, str]:
    urls = {}
    async for line in printed:
        text = line.decode().rstrip()
        for name, url, front in _ADDRESS.findall(text):
            urls[name or "console"] = url or front
        if text.startswith("FAILED"):
            raise RuntimeError(f"the demo's year: {text}")
        if text.startswith("It stays up"):
            return urls
    raise RuntimeError("the demo ended before its year was played")


async def _ask(urls: Mapping[str, str], path: str, seconds: float) -> dict[str, Any]:
    answer = await run_client("bench.load", urlsplit(urls["console"]).port, seconds, CLIENTS, "page", path)
    say(f"  {path[:60]}: p95 {answer['p95_ms']:.0f} ms")
    return answer


async def _pages(urls: Mapping[str, str]) -> dict[str, str]:
    """Each page by a name, of somebody and something that the demo has."""
    async with httpx.AsyncClient(timeout=60) as client:

        async def first(service: str, path: str) -> Any:
            url = f"{urls[service]}/v1/{path}{'&' if '?' in path else '?'}limit=1"
            return (await client.get(url)).raise_for_status().json()["items"][0]

        ticket = await first("support", "tickets")
        sale = (await first("marketing", "audit/follow-ups?outcome=one"))["trigger_event_id"]
        message = (await first("marketing", "messages?outcome=sent"))["message_id"]
        series = (await first("forecasting", "series"))["id"]
    return {
        "today": "/",
        "customers": "/parties",
        "search": "/parties?q=a",
        "customer": f"/parties/{ticket['party_id']}",
        "around": f"/parties/{ticket['party_id']}/around",
        "consents": f"/parties/{ticket['party_id']}/consents",
        "edit": f"/parties/{ticket['party_id']}/edit",
        "event": f"/events/{sale}",
        "tickets": "/tickets",
        "ticket": f"/tickets/{ticket['id']}",
        "audit": "/follow-ups",
        "audited": "/follow-ups?outcome=one",
        "sale": f"/follow-ups/sales/{sale}",
        "message": f"/follow-ups/messages/{message}",
        "campaigns": "/campaigns",
        "campaign": "/campaigns/thanks",
        "sales": "/forecasts",
        "weeks": "/forecasts?by=week",
        "products": "/forecasts?by=product",
        "whole time": "/forecasts?last=0",
        "series": f"/forecasts/series?id={quote(series)}",
        "operations": "/operations",
        "waiting": "/operations/waiting",
        "incomplete": "/parties/incomplete",
        "duplicates": "/duplicates",
        "warnings": "/warnings",
        "palette": "/find?q=a",
    }
