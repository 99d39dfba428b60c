"""A page: who looks, in which language and zone, and the templates that it is made of."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Annotated
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo, available_timezones

from fastapi import Depends, Request
from jinja2 import Environment
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.console.settings import ConsoleSettings
from services.console.shell import charts, navigation, tags
from services.console.shell.agent import Agent, agent_of
from services.console.shell.asking import Asked, Front, Json, Trouble, attempt, path_part
from services.console.shell.reasons import reasons_told, skills_text
from services.console.shell.refusals import faults_of, refusal_text
from services.console.shell.rights import rights_of
from services.console.shell.spoken import SpokenEnvironment
from services.console.shell.static_files import path_of
from services.console.shell.words import LANGUAGES, Words, short_type
from shared.errors import Invalid
from shared.ids import new_id
from shared.settings import HttpSettings

THEMES = ("auto", "light", "dark")
MOST_FIELDS = 1_100
"""Of a form with a box for each of a thousand rows."""
_MOST_EVENTS = 10
_YEAR = 365 * 24 * 3600


@cache
def environment_of(language: str) -> Environment:
    """The templates of a language, each compiled once, with what all of them may use."""
    environment = SpokenEnvironment(language)
    environment.globals |= {
        "static": path_of,
        "charts": charts,
        "tags": tags,
        "new_key": lambda: str(new_id()),
        "money_axis": money_axis,
        "day_labels": day_labels,
        "faults_of": faults_of,
        "refusal_text": refusal_text,
        "reasons_told": reasons_told,
        "skills_text": skills_text,
    }
    return environment


def money_axis(words: Words, currency: str) -> Callable[[float], str]:
    """How an axis of amounts is labelled."""
    return lambda minor: words.short_money({"minor": minor, "currency": currency})


def day_labels(words: Words, days: Iterable[str]) -> list[str]:
    """Of places along an axis of days."""
    return [words.short_day(day) for day in days]


@dataclass(frozen=True, slots=True)
class Taste:
    """What somebody has chosen, or the settings where nothing was chosen."""

    language: str
    zone: str
    theme: str


def taste_of(request: Request) -> Taste:
    """By cookies, and the language by the browser's wish; what is not known is the setting's."""
    settings: ConsoleSettings = request.app.state.settings.console
    language = request.cookies.get("rapport-language") or _wished(request.headers.get("accept-language", ""))
    zone = request.cookies.get("rapport-zone") or request.cookies.get("rapport-own-zone", "")
    theme = request.cookies.get("rapport-theme", "")
    return Taste(
        language if language in LANGUAGES else settings.locale,
        zone if zone in zones() else settings.time_zone,
        theme if theme in THEMES else "auto",
    )


def _wished(header: str) -> str:
    """The first language of `Accept-Language` that there is."""
    wished = (part.partition(";")[0].strip().lower()[:2] for part in header.split(","))
    return next((language for language in wished if language in LANGUAGES), "")


@cache
def zones() -> frozenset[str]:
    """The names of time zones that there are."""
    return frozenset(available_timezones())


class Page:
    """One request for a page. `asked` are the services, asked as its agent.

    Links of lists lead to `path`, which is its own address, or that of the page whose form was refused.
    """

    def __init__(self, request: Request, agent: Agent | None) -> None:
        front: Front = request.app.state.service
        self.request = request
        self.path = request.url.path
        self.agent = agent
        self.taste = taste_of(request)
        self.words = Words(self.taste.language, ZoneInfo(self.taste.zone), datetime.now(UTC))
        self.asked: Asked = front.as_(agent or Agent(""))

    def show(self, template: str, code: int = 200, /, **values: object) -> Response:
        """The page; a script takes the part of it that it asked for."""
        text = (
            environment_of(self.taste.language)
            .get_template(template)
            .render(
                page=self,
                made={},
                words=self.words,
                moments=tags.Moments(self.words),
                agent=self.agent,
                sections=navigation.sections_for(self.agent),
                writes=self.may("crm:write"),
                **values,
            )
        )
        return HTMLResponse(text, code, {"Vary": "Cookie, Accept-Language", "Content-Language": self.taste.language})

    @property
    def most(self) -> int:
        """How many bytes a form may have, as a browser sends it."""
        settings: HttpSettings = self.request.app.state.settings.http
        return settings.max_body_bytes

    @property
    def bare(self) -> bool:
        """Whether a script asks for parts of the page: what stands around them is left out then."""
        return "x-live" in self.request.headers or "hx-request" in self.request.headers

    @property
    def brief(self) -> bool:
        """Whether an open page asks for what is new only; where that does not join what it shows, it asks again."""
        return self.request.headers.get("x-live") == "news"

    @property
    def known(self) -> frozenset[str]:
        """The ids of lines that such a page shows already."""
        return frozenset(self.request.headers.get("x-known", "").split(","))

    def may(self, right: str) -> bool:
        """Whether the token of whoever looks carries a right; what it does not open is not offered."""
        return self.agent is not None and right in self.agent.scopes

    @property
    def acting(self) -> dict[str, str]:
        """Who acts, as services take it; empty where a token says so."""
        return {} if self.agent is None or self.agent.token else {"agent": self.agent.name}

    async def cards_of(self, party_ids: Iterable[str | None]) -> dict[str, Json]:
        """What a list shows of customers, by id; none of whoever was erased, and none while contacts is away."""
        asked = sorted({party_id for party_id in party_ids if party_id})
        try:
            found = await self.asked.get("contacts", "parties", ids=",".join(asked)) if asked else {"items": []}
        except Trouble:
            return {}
        return {card["id"]: card for card in found["items"]}

    async def names_of(self, party_ids: Iterable[str | None]) -> dict[str, str | None]:
        """Names of customers by id, of those that are known."""
        return {party_id: card["name"] for party_id, card in (await self.cards_of(party_ids)).items()}

    async def events_of(self, event_ids: Iterable[str | None]) -> dict[str, str]:
        """What events are called and when they were, by id, of the first few; none while contacts is away."""
        asked = list(dict.fromkeys(each for each in event_ids if each))[:_MOST_EVENTS]
        found = await asyncio.gather(
            *(attempt(self.asked.get("contacts", f"events/{path_part(each)}")) for each in asked)
        )
        return {
            each: f"{self.words.term('event', short_type(part.value['type']))}, {self.words.moment(part.value['time'])}"
            for each, part in zip(asked, found, strict=True)
            if part.value
        }

    def address(self, **changes: object) -> str:
        """Of `path`, with some of the parameters changed; those that are None are left out."""
        kept = {name: value for name, value in self.request.query_params.items() if name not in changes}
        given = {**kept, **{name: value for name, value in changes.items() if value not in (None, "")}}
        return self.path + (f"?{urlencode(given)}" if given else "")

    async def form(self, fields: int = 100) -> Mapping[str, str]:
        """The fields of a sent form, so many at most; of a name that comes twice the last one. Raises Invalid.

        Browsers end each line of a text with CR LF; it is kept as it was typed, with LF.
        """
        try:
            sent = parse_qsl((await self.request.body()).decode(), keep_blank_values=True, max_num_fields=fields)
        except ValueError:
            raise Invalid("this is not a form of the console") from None
        return {name: value.replace("\r\n", "\n") for name, value in sent}


async def page_of(request: Request, agent: Annotated[Agent, Depends(agent_of)]) -> Page:
    """The page of somebody who is signed in, and may open it. Raises Trouble, before any service is asked."""
    if not rights_of(request.method, request.scope["path"]) <= agent.scopes:
        raise Trouble("console", 403, {})
    return Page(request, agent)


async def open_page_of(request: Request) -> Page:
    """A page that strangers see too."""
    return Page(request, None)


Shown = Annotated[Page, Depends(page_of)]
Open = Annotated[Page, Depends(open_page_of)]


def go_to(path: str, cookies: Mapping[str, str] | None = None) -> Response:
    """Sends the browser on after an act, so that loading the page again does not repeat it; within the console only."""
    own = path.startswith("/") and not path.startswith(("//", "/\\"))
    response = RedirectResponse(path if own else "/", 303)
    for name, value in (cookies or {}).items():
        response.set_cookie(name, value, max_age=_YEAR, httponly=True, samesite="lax")
    return response
