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
_SEGMENT = {"text": "name: readers\nwhen: {party.locale: en}\n"}
_MAILING = {
    "text": "name: news\nsegment: readers\ntemplate: news\nper_minute: 100000\n",
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
    return [
        Row(
            "mailings",
            sizes.readers / took.total_seconds(),
            "letters",
            cpu_us=parts["marketing_us"] + parts["postgres_us"],
            parties=sizes.readers,
            more={"process_us": parts["marketing_us"], "postgres_us": parts["postgres_us"]},
            note="one process, into a maildir without fsync; process_us: of that process, a letter",
        )
    ]


async def _post(http: httpx.AsyncClient, path: str, body: object = None) -> None:
    (await http.post(path, json=body)).raise_for_status()


async def _until(http: httpx.AsyncClient, path: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    while True:
        found: dict[str, Any] = (await http.get(path)).raise_for_status().json()
        if holds(found):
            return found
        await asyncio.sleep(1)
