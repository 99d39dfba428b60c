"""What the page of a customer takes in while it is open: what news can change, and of its lines those that it lacks."""

import re

import httpx
import pytest

from tests.unit.console.full import Full

_PARTY = "/parties/01a21a0a-7237-7b83-b613-000000000001"
_PART = re.compile(r'<(\w+)[^>]* id="([^"]+)" data-fresh.*?</\1>', re.DOTALL)
_LINE = re.compile(r'<li[^>]* data-id="([^"]+)">(.*?)</li>', re.DOTALL)
_AROUND = re.compile(r'<div id="around".*?\n</div>(?=\n<br>\n<div class="pair"|</main>|\n</main>)', re.DOTALL)
pytestmark = pytest.mark.usefixtures("full")


async def parts_of(client: httpx.AsyncClient, **headers: str) -> tuple[dict[str, str], dict[str, str]]:
    """What of the page is taken anew, by id, and its lines by event."""
    shown = await client.get(_PARTY, headers={"X-" + name: value for name, value in headers.items()})
    assert shown.status_code == 200
    parts = {found[2]: found[0] for found in _PART.finditer(shown.text)}
    return parts, {id_: line.strip() for id_, line in _LINE.findall(shown.text)}


@pytest.mark.slow
async def test_news_say_of_each_part_what_the_page_says(client: httpx.AsyncClient) -> None:
    whole, lines = await parts_of(client)
    parts, newest = await parts_of(client, Live="news")
    assert parts == whole
    cards = {f"part-{name}" for name in ("lifecycle", "consents", "tickets", "messages")}
    assert parts.keys() == {"head", "figures"} | cards
    assert newest
    assert newest.items() <= lines.items()


async def test_a_line_that_is_shown_already_is_named_and_not_sent_again(client: httpx.AsyncClient) -> None:
    _, newest = await parts_of(client, Live="news")
    lacking, *known = newest
    _, again = await parts_of(client, Live="news", Known=",".join(known))
    assert again == {lacking: newest[lacking]} | dict.fromkeys(known, "")


async def test_a_page_whose_lines_do_not_join_gets_all_of_them(client: httpx.AsyncClient) -> None:
    whole, lines = await parts_of(client)
    assert await parts_of(client, Live="whole", Known=",".join(lines)) == (whole, lines)


async def test_what_stands_around_a_customer_is_taken_in_without_what_the_page_shows(
    client: httpx.AsyncClient, full: Full
) -> None:
    """It is the same as where it is asked for alone, and a question to each service."""
    alone = (await client.get(f"{_PARTY}/around")).text
    taken = (await client.get(f"{_PARTY}/around", headers={"HX-Request": "true"})).text
    assert full.paths == [f"{_PARTY[1:]}/overview", f"overviews/{_PARTY.rpartition('/')[2]}"] * 2
    parts = [re.sub(r'name="key" value="[^"]+"', "", _AROUND.findall(each)[0]) for each in (alone, taken)]
    assert parts[0] == parts[1]
    assert '<h2 id="offers">' in parts[0]


async def test_news_are_one_question(client: httpx.AsyncClient, full: Full) -> None:
    await parts_of(client, Live="news")
    assert full.asked == {"contacts"}
    assert not full.listed
