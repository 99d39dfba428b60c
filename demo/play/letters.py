"""The campaigns that come ready-made with marketing, put in force as an operator does, and its newsletter."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from demo.play.settle import until
from services.marketing.settings import OWN_CAMPAIGNS

READY_MADE = OWN_CAMPAIGNS / "ready-made"
TUTORIALS = tuple(OWN_CAMPAIGNS / f"{name}.yaml" for name in ("beauty-advice", "flower-care", "fresh-kitchen"))
"""What to do with what was bought, by product."""
PROGRAMME = OWN_CAMPAIGNS.with_name("programmes") / "club.yaml"
NEWSLETTER = "newsletter"
_MINUTE, _BETWEEN_TICKS = timedelta(minutes=1), 2.0
_OURS = "desk@rapport.example"


async def put_in_force(client: httpx.AsyncClient, marketing: str) -> None:
    """The tutorials, all ready-made campaigns, and the segment of the newsletter."""
    for file in sorted(READY_MADE.joinpath("segments").glob("*.yaml")):
        await _post(client, f"{marketing}/v1/segments", {"file": file.name, "text": file.read_text("utf-8")})
    for file in (*TUTORIALS, *sorted(READY_MADE.glob("*.yaml"))):
        await _post(client, f"{marketing}/v1/campaigns", _draft(file))


async def send_newsletter(
    client: httpx.AsyncClient, marketing: str, tick_on: Callable[[timedelta], Awaitable[None]]
) -> dict[str, Any]:
    """Draft it, try it on ourselves, start it; what became of it, once everybody is released and over.

    A mailing keeps its pace by the clock, which stands still unless it is moved on.
    """
    mailing = f"{marketing}/v1/mailings/{NEWSLETTER}"
    await _post(client, f"{marketing}/v1/mailings", _draft(READY_MADE / "mailings" / f"{NEWSLETTER}.yaml"))
    await _post(client, f"{mailing}/test", {"email": _OURS})
    await _post(client, f"{mailing}/start", None)

    async def has_ended() -> dict[str, Any] | None:
        found: dict[str, Any] = (await client.get(mailing)).raise_for_status().json()
        if found["state"] != "completed":
            await tick_on(_MINUTE)
        return found if found["state"] == "completed" else None

    return await until(has_ended, "the newsletter to be sent", look_again=_BETWEEN_TICKS)


def _draft(file: Path) -> dict[str, Any]:
    templates = {each.name: each.read_text("utf-8") for each in sorted((file.parent / "templates").iterdir())}
    return {"file": file.name, "text": file.read_text("utf-8"), "templates": templates}


async def _post(client: httpx.AsyncClient, url: str, body: Any) -> None:
    (await client.post(url, json=body)).raise_for_status()
