"""The page where a reader chooses what they get, behind the signed link of a letter."""

from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse

from services.marketing.preferences import commands
from services.marketing.preferences.domain.page import text_version, write_page
from shared.engine.service import Service
from shared.engine.transaction import Transaction
from shared.errors import Invalid
from shared.http.app import service_of, write
from shared.http.forms import HEADERS, language_of

links = APIRouter(prefix="/v1", tags=["marketing"])
"""Opened by the signature of their token alone, since whoever reads a letter has no other one."""
Serving = Annotated[Service, Depends(service_of)]
_MOST_FIELDS = 1_000
_CHOICES: dict[str, Any] = {
    "requestBody": {
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "act": {"type": "string", "enum": ["save", "nothing"]},
                        "shown": {"type": "array", "items": {"type": "string"}},
                        "chosen": {"type": "array", "items": {"type": "string"}},
                    },
                }
            }
        }
    }
}


@links.get("/preferences/{token}", response_class=HTMLResponse)
async def show_preferences(service: Serving, token: str) -> HTMLResponse:
    """What the reader gets, by channel and topic. Whoever follows links on a person's behalf changes nothing."""
    async with service.read() as tx:
        standing = await commands.load_standing(tx, commands.find_link(tx, token))
    return HTMLResponse(write_page(language_of(standing.locale), standing.places), headers=HEADERS)


@links.post("/preferences/{token}", response_class=HTMLResponse, openapi_extra=_CHOICES)
async def choose_preferences(service: Serving, request: Request, token: str) -> HTMLResponse:
    """Of what was `shown` the `chosen` may be sent from now on, and nothing else; with `act=nothing` nothing at all.
    May be asked again.
    """
    form = _read_form(await request.body())
    ended = form.get("act") == ["nothing"]

    async def act(tx: Transaction) -> str:
        link = commands.find_link(tx, token)
        language = language_of((await commands.load_standing(tx, link)).locale)
        version = text_version(language)
        if ended:
            await commands.refuse_all(tx, link, version)
        else:
            await commands.choose(tx, link, form.get("shown", ()), form.get("chosen", ()), version)
        standing = await commands.load_standing(tx, link)
        return write_page(language, standing.places, saved=not ended, ended=ended)

    return HTMLResponse(await write(service, act), headers=HEADERS)


def _read_form(body: bytes) -> dict[str, list[str]]:
    """Raises Invalid for what no page of ours sends."""
    try:
        return parse_qs(body.decode(), max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise Invalid("a choice is a form with fields", field="body") from None
