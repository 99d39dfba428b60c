"""The console's pages on the demo's data: how long each takes while eight people look at nothing else."""

import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from rich.console import Console

from bench.client import run_client
from bench.rows import Row
from bench.setting import Sizes, say
from demo.__main__ import SMALL
from demo.play.play import Play, make_stack
from demo.world.generator import Scale
from deploy.embedded.stack import EmbeddedStack

CLIENTS = 8
_SECONDS = 4
_HOUSEHOLDS = 60
"""Of a run that is to be quick; SCALE=full plays as many as `make demo`."""


async def measure(sizes: Sizes) -> list[Row]:
    """The row `pages`: the slowest page's, and the 95th percentile of each by its name."""
    console = Console(quiet=True)
    with tempfile.TemporaryDirectory(prefix="rapport-bench-", ignore_cleanup_errors=True) as folder:
        async with make_stack(Path(folder), console) as stack:
            scale = Scale(SMALL if sizes.full else _HOUSEHOLDS)
            say(f"  the demo's year of {scale.households} households")
            await Play(stack, scale, console).run()
            found = {name: await _ask(stack, path) for name, path in (await _pages(stack)).items()}
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


async def _ask(stack: EmbeddedStack, path: str) -> dict[str, Any]:
    port = urlsplit(stack.url("console")).port
    answer = await run_client("bench.load", port, _SECONDS, CLIENTS, "page", path)
    say(f"  {path[:60]}: p95 {answer['p95_ms']:.0f} ms")
    return answer


async def _pages(stack: EmbeddedStack) -> dict[str, str]:
    """Each page by a name, of somebody and something that the demo has."""
    async with httpx.AsyncClient(timeout=60) as client:

        async def first(service: str, path: str) -> Any:
            url = f"{stack.url(service)}/v1/{path}{'&' if '?' in path else '?'}limit=1"
            return (await client.get(url)).raise_for_status().json()["items"][0]

        party, ticket = (await first("contacts", "parties"))["id"], (await first("support", "tickets"))["id"]
        sale = (await first("marketing", "audit/follow-ups?outcome=one"))["trigger_event_id"]
        message = (await first("marketing", "messages?outcome=sent"))["message_id"]
        series = (await first("forecasting", "series"))["id"]
    return {
        "today": "/",
        "customers": "/parties",
        "search": "/parties?q=a",
        "customer": f"/parties/{party}",
        "edit": f"/parties/{party}/edit",
        "tickets": "/tickets",
        "ticket": f"/tickets/{ticket}",
        "audit": "/follow-ups",
        "audited": "/follow-ups?outcome=one",
        "sale": f"/follow-ups/sales/{sale}",
        "message": f"/follow-ups/messages/{message}",
        "campaigns": "/campaigns",
        "campaign": "/campaigns/thanks",
        "sales": "/forecasts",
        "weeks": "/forecasts?by=week",
        "products": "/forecasts?by=product",
        "series": f"/forecasts/series?id={quote(series)}",
        "operations": "/operations",
        "palette": "/find?q=a",
    }
