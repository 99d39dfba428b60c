"""A mailing from its start to its last letter: decided, rendered and handed over by one process."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from bench.cpu import Meter
from bench.rows import Row
from bench.setting import Sizes, fresh_stack, say
from shared.sql import load_queries

_SQL = load_queries(Path(__file__).with_name("mailings.sql"))
_PER_MINUTE = 100_000
"""The most that a mailing may ask for."""
_NEAR = 0.9
_SEGMENT = {"text": "name: readers\nwhen: {party.locale: en}\n"}
_MAILING = {
    "text": f"name: news\nsegment: readers\ntemplate: news\nper_minute: {_PER_MINUTE}\n",
    "templates": {
        "news.txt": "Subject: News for {{ first_name }}\n\nHello {{ name }},\n\nhere is what is new.\n",
        "news.mjml": """<mjml lang="en"><mj-body><mj-section><mj-column>
            <mj-text>Hello {{ name }},</mj-text><mj-text>here is what is new.</mj-text>
        </mj-column></mj-section></mj-body></mjml>""",
    },
}


async def measure(sizes: Sizes) -> list[Row]:
    """The row `mailings`: letters that lie in the maildir a second."""
    # What a power cut would leave is another question than what a letter costs.
    async with fresh_stack(["marketing"], {"RAPPORT_MARKETING__MAILDIR_FSYNC": "false"}) as stack:
        say(f"  {sizes.readers} parties with a consent are written")
        connection = await asyncpg.connect(stack.superuser_dsn("marketing"))
        await connection.execute(_SQL["add_readers"], sizes.readers)
        await connection.execute(_SQL["add_consents"])
        await connection.execute("vacuum analyze")
        await connection.close()
        async with httpx.AsyncClient(base_url=f"{stack.url('marketing')}/v1", timeout=60) as http:
            await _post(http, "segments", _SEGMENT)
            await _until(http, "segments/readers", lambda found: found["filled_at"] is not None)
            await _post(http, "mailings", _MAILING)
            meter = Meter(stack.pids)
            await _post(http, "mailings/news/start?untested=true")
            found = await _until(http, "mailings/news", lambda found: found["ended_at"] is not None)
            parts = meter.spent().per(sizes.readers)
    if found["sent"] != sizes.readers:
        raise RuntimeError(f"a mailing to {sizes.readers} readers says {found}")
    took = datetime.fromisoformat(found["ended_at"]) - datetime.fromisoformat(found["started_at"])
    rate = sizes.readers / took.total_seconds()
    bound = bound_by(rate, parts["marketing_us"], parts["postgres_us"])
    return [
        Row(
            "mailings",
            rate,
            "letters",
            cpu_us=parts["marketing_us"] + parts["postgres_us"],
            parties=sizes.readers,
            more={"process_us": parts["marketing_us"], "postgres_us": parts["postgres_us"]},
            note=f"one process, into a maildir without fsync; process_us: of that process, a letter; {bound}",
        )
    ]


def bound_by(rate: float, process_us: float, postgres_us: float) -> str:
    """What keeps it from going faster: the pace that was asked for, one core that is always at work, or what it waits
    for, as where others load the machine.
    """
    cores = {"the process": rate * process_us / 1e6, "Postgres": rate * postgres_us / 1e6}
    shares = " and ".join(f"{name} {share:.0%} of a core" for name, share in cores.items())
    if rate >= _NEAR * _PER_MINUTE / 60:
        return f"bounded by its pace of {_PER_MINUTE:,} a minute; it takes {shares}"
    if cores["the process"] >= _NEAR:
        return f"bounded by the process, which is one core; it takes {shares}"
    return f"bounded by what it waits for, not by a core of its own; it takes {shares}"


async def _post(http: httpx.AsyncClient, path: str, body: object = None) -> None:
    (await http.post(path, json=body)).raise_for_status()


async def _until(http: httpx.AsyncClient, path: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    while True:
        found: dict[str, Any] = (await http.get(path)).raise_for_status().json()
        if holds(found):
            return found
        await asyncio.sleep(1)
