"""Every form about something that has a version, while somebody else changes it and while it is refused."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from services.console.shell.asking import Answer, Asked, Service, Trouble
from services.console.shell.editions import Difference, Edition, opened, opened_again
from services.console.shell.words import Words
from tests.unit.console.conftest import SAME
from tests.unit.console.full import Full
from tests.unit.console.test_attacks import _ID
from tests.unit.console.test_many import addresses

STALE = {"type": "urn:rapport:problem:stale", "detail": "it has changed; read it again", "state": {"version": 9}}
INVALID = {"type": "urn:rapport:problem:invalid", "errors": [{"field": "body.x", "reason": "y", "detail": "z"}]}
WRITES = {
    "/agents/{}/edit": "Skills",
    "/articles/{}/texts/da": "Title",
    "/parties/{}/edit": "Name",
    "/replies/{}": "orders",
    "/views/{}": "Name",
}
"""Forms that write something anew, each with something that it asks for."""
ACTS = {
    *("/agents/{}/presence", "/agents/{}/remove", "/articles/{}/state", "/disputes/{}/evidence", "/disputes/{}/status"),
    *("/duplicates/{}/merge", "/parties/{}/identities", "/replies/{}/remove", "/views/{}/remove"),
    *("/tickets/{}/merge", "/tickets/{}/split", "/tickets/{}/status"),
}
"""Forms that move something on; what it is now is shown around them."""
BUTTONS = {"/frauds/{}/judge", "/tickets/{}/subtasks/{}"}
"""Nothing is typed, and the row shows what stands."""
_NAMED = re.compile(r"[0-9a-f-]{36}|(?<=/agents/)[^/?]+|(?<=/replies/)[^/?]+")


@dataclass
class Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    boxes: list[str] = field(default_factory=list)

    @property
    def versions(self) -> dict[str, str]:
        return {name: value for name, value in self.fields.items() if name.partition("-")[0] == "version"}


class Forms(HTMLParser):
    """The forms of a page that carry a version, by where they lead."""

    def __init__(self, here: str, page: str) -> None:
        super().__init__()
        self.all: list[Form] = []
        self._here = here.partition("?")[0]
        self._text = self._choice = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "form":
            self.all.append(Form((given.get("action") or self._here).partition("?")[0]))
        elif tag == "textarea":
            self._text = name
        elif tag == "select":
            self._choice = name
        elif self.all and tag == "option" and ("selected" in given or self._choice not in self.all[-1].fields):
            self.all[-1].fields[self._choice] = value
        elif self.all and tag == "input" and (given.get("type") not in {"radio", "checkbox"} or "checked" in given):
            self.all[-1].fields[name] = value
        elif self.all and tag == "input" and given.get("type") == "checkbox":
            self.all[-1].boxes.append(name)

    def handle_data(self, data: str) -> None:
        if self._text and self.all:
            self.all[-1].fields[self._text] = data.strip("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._text = ""

    def found(self) -> dict[str, Form]:
        return {_NAMED.sub("{}", form.action): form for form in self.all if form.versions}


class Standing(Full):
    """Services in which everything stands, and which answer one thing to whatever is written."""

    problem: tuple[int, Mapping[str, Any]] = (422, INVALID)

    async def exchange(self, asked: object, service: Service, method: str, path: str, *rest: object) -> Answer:
        if method != "GET":
            raise Trouble(service, *self.problem)
        answer = await super().exchange(asked, service, method, path, *rest)
        if isinstance(answer.body, dict) and "merged" in answer.body:
            answer.body["merged"] = []  # so that some of the thread may be split off
        return answer


@pytest.fixture
def standing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Standing]:
    services = Standing()

    async def exchange(asked: Asked, *what: object) -> Answer:
        return await services.exchange(asked, *what)  # type: ignore[arg-type]

    monkeypatch.setattr(Asked, "_exchange", exchange)
    with capture_logs():
        yield services


async def every_form(app: FastAPI, client: httpx.AsyncClient) -> dict[str, Form]:
    found: dict[str, Form] = {}
    for _, address in [*addresses(app), ("", f"/articles/{_ID}/edit?language=da")]:
        shown = await client.get(address, headers={"Accept": "text/html"})
        found |= Forms(address, shown.text).found()
    return {name: form for name, form in found.items() if name != "/articles/{}/texts/en"}


@pytest.mark.slow
async def test_refused_it_keeps_its_version_and_overtaken_it_gets_the_newest_and_says_so(
    app: FastAPI, client: httpx.AsyncClient, standing: Standing
) -> None:
    forms = await every_form(app, client)
    assert forms.keys() == WRITES.keys() | ACTS | BUTTONS
    wrong = []
    for name, form in forms.items():
        older = dict.fromkeys(form.versions, "older")
        sent = {**form.fields, **older, **dict.fromkeys([*form.boxes[:1], "because", "text"], "1")}
        for problem, expected in (((422, INVALID), older), ((409, STALE), form.versions)):
            standing.problem = problem
            shown = await client.post(form.action, data=sent, headers=SAME)
            again = Forms(form.action, shown.text).found().get(name)
            kept = again is not None and (name in BUTTONS or again.versions == expected)
            says = problem[0] != 409 or "Somebody else has changed this meanwhile" in shown.text
            if shown.status_code != problem[0] or not kept or not says:
                wrong.append((name, problem[0], shown.status_code, again and again.versions))
    assert not wrong, wrong


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.slow
async def test_a_form_that_was_overtaken_shows_what_it_was_mine_and_theirs(
    app: FastAPI, client: httpx.AsyncClient, standing: Standing, name: str
) -> None:
    form = (await every_form(app, client))[name]
    typed = next(each for each in ("skills", "title", "name", "text-da") if each in form.fields)
    standing.problem = (409, STALE)
    sent = {**form.fields, typed: "<mine>", "was": opened({**form.fields, typed: "<before>"}, 1).was}
    shown = (await client.post(form.action, data=sent, headers=SAME)).text
    texts = re.findall(r'<td data-head="[^"]*"><span class="text">(.*?)</span></td>', shown, re.DOTALL)
    assert texts[:2] == ["&lt;before&gt;", "&lt;mine&gt;"]
    assert texts[2] not in {"&lt;mine&gt;", "&lt;before&gt;"}
    assert len(texts) == 3, "what is equal is left out"
    again = Forms(form.action, shown).found()[name]
    assert (again.fields[typed], again.fields["was"]) == ("<mine>", form.fields["was"])
    assert "Save mine over it" in shown
    (theirs,) = re.findall(r'<a class="button" href="([^"]+)">Take theirs</a>', shown)
    back = await client.get(theirs.replace("&amp;", "&"))
    assert Forms(theirs, back.text).found()[name].fields[typed] == form.fields[typed]
    standing.problem = (422, INVALID)
    refused = (await client.post(form.action, data=again.fields, headers=SAME)).text
    assert Forms(form.action, refused).found()[name].fields["was"] == form.fields["was"]


@pytest.mark.parametrize("was", ["", "[]", '{"name": 1}', "{", "\x00"])
def test_what_is_no_form_in_the_hidden_field_says_nothing(was: str) -> None:
    def described(fields: Mapping[str, str], _: Words) -> dict[str, str]:
        return {"Name": fields.get("name", "")}

    trouble = Trouble("support", 409, STALE)
    form = {"name": "mine", "version": "1", "was": was}
    kept, edition = opened_again(form, trouble, opened({"name": "theirs"}, 2), described, None)  # type: ignore[arg-type]
    assert kept == form
    assert edition == Edition("2", '{"name":"theirs"}', [Difference("Name", "", "mine", "theirs")])
    _, same = opened_again({**form, "name": "theirs"}, trouble, opened({"name": "theirs"}, 2), described, None)  # type: ignore[arg-type]
    assert same.differences == []


@pytest.mark.parametrize(
    ("was", "mine", "theirs", "kept"),
    [
        ({"name": "a", "city": "b"}, {"name": "mine", "city": "b"}, {"name": "a", "city": "c"}, ("mine", "c")),
        ({"name": "a"}, {"name": "a"}, {"name": "theirs"}, ("theirs", None)),
        ({"name": "a", "city": "b"}, {"name": "a", "city": ""}, {"name": "c", "city": "b"}, ("c", "")),
        ({"name": "a", "city": ""}, {"name": "a"}, {"name": "a", "city": "on"}, ("a", "on")),
        ({"name": "a", "city": "on"}, {"name": "a", "city": "on"}, {"name": "a"}, ("a", None)),
        ({"name": "a\nb"}, {"name": "a\r\nb"}, {"name": "c"}, ("c", None)),
    ],
    ids=["both", "untouched", "emptied", "a box", "taken away", "lines"],
)
def test_what_was_left_as_it_had_been_takes_theirs(
    was: dict[str, str], mine: dict[str, str], theirs: dict[str, str], kept: tuple[str | None, str | None]
) -> None:
    """Saved over it, mine undoes nothing that I never touched."""
    form = {**mine, "version": "1", "was": opened(was, 1).was, "key": "k"}
    found, _ = opened_again(form, Trouble("support", 409, STALE), opened(theirs, 2), lambda fields, _: fields, None)  # type: ignore[arg-type]
    assert (found.get("name"), found.get("city"), found["key"]) == (*kept, "k")


def test_a_list_that_was_touched_stays_mine_as_a_whole() -> None:
    was, mine, theirs = {"phone-0": "1", "phone-1": "2"}, {"phone-0": "1", "phone-1": "3"}, {"phone-0": "2"}
    form = {**mine, "was": opened(was, 1).was}
    found, _ = opened_again(form, Trouble("support", 409, STALE), opened(theirs, 2), lambda fields, _: fields, None)  # type: ignore[arg-type]
    assert {name: found.get(name) for name in ("phone-0", "phone-1")} == mine


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("text-da", "text-en"),
        ("capacity-email", "capacity-chat"),
        ("address-lines", "address-billing-lines"),
        ("address-billing-lines", "address-delivery-lines"),
        ("custom-size", "custom-colour"),
        ("kind", "custom-size"),
    ],
)
def test_what_stands_beside_what_was_touched_takes_theirs(mine: str, theirs: str) -> None:
    was = {mine: "1", theirs: "1", "was-size": "1", "kind-size": "text"}
    form = {**was, mine: "mine", "was": opened(was, 1).was}
    now = opened({**was, theirs: "theirs"}, 2)
    found, _ = opened_again(form, Trouble("support", 409, STALE), now, lambda fields, _: fields, None)  # type: ignore[arg-type]
    assert (found[mine], found[theirs]) == ("mine", "theirs")


def test_an_address_that_was_touched_stays_mine_as_a_whole() -> None:
    was = {"address-lines": "Skovvej 1", "address-city": "Aarhus"}
    form = {**was, "address-lines": "Skovvej 11", "was": opened(was, 1).was}
    now = opened({"address-lines": "Engvej 2", "address-city": "Odense"}, 2)
    found, _ = opened_again(form, Trouble("contacts", 409, STALE), now, lambda fields, _: fields, None)  # type: ignore[arg-type]
    assert (found["address-lines"], found["address-city"]) == ("Skovvej 11", "Aarhus")
