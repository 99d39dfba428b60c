"""What each type of content is measured by, over HTTP on the real database."""

import re
from collections.abc import Sequence
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import httpx

from services.marketing.sending.channels.maildir import Maildir
from tests.integration.marketing.running import Marketing
from tests.unit.marketing.facts import ADA, BOB, CAY, DAY, HOUR, NOW, consent, described, erased, flow, sale

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
SCANNER = {"User-Agent": "Barracuda link scan"}
LINKS = "".join(f'{{{{ "https://shop.example/{step}" | tracked("{step}") }}}}\n' for step in ("water", "repot", "x"))
PARTIES = (ADA, BOB, CAY)


def letter(body: str, **fields: Any) -> dict[str, Any]:
    return {"content": [{"template": "t", "texts": {"": {"subject": "S", "body": body}}}], "wait": "P1D", **fields}


async def send_out(marketing: Marketing, folder: Path, *steps: Any, **fields: Any) -> list[list[str]]:
    """The paths of the links of each party's letters, in the order of the parties."""
    await marketing.publish(flow("ferns", "sale.completed", *steps, **fields))
    for party in PARTIES:
        await marketing.heard(described(party, email=f"{party}@example.com"), consent(party))
        await marketing.heard(sale(f"s-{party}", party))
    await marketing.pass_time(NOW + 5 * DAY)
    async with marketing.sender(Maildir(folder, 500)) as sender:
        assert await sender.send_batch() == len(PARTIES) * len(steps)
    letters = [message_from_bytes(file.read_bytes(), policy=default) for file in (folder / "new").iterdir()]
    marketing.now += HOUR
    by_party = [
        sorted((each for each in letters if str(party) in each["To"]), key=lambda each: each.get_content())
        for party in PARTIES
    ]
    return [[link for each in mine for link in paths_in(each.get_content())] for mine in by_party]


def paths_in(text: str) -> Sequence[str]:
    return re.findall(r"https://shop\.example(/v1/[\w./-]+)", text)


async def measured(http: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get("/v1/campaigns/ferns/measures")).json()
    return found


async def follow(marketing: Marketing, http: httpx.AsyncClient, path: str, headers: dict[str, str] = BROWSER) -> None:
    assert (await http.get(path, headers=headers)).status_code == 302
    marketing.now += HOUR


async def test_steps_of_a_tutorial_are_done_by_people_over_all_its_letters(
    marketing: Marketing, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    """One does both, in two letters; one the first, twice; of the last a scanner follows everything."""
    first, second = LINKS.replace("repot", "more"), LINKS.replace("water", "other")
    fields = {"type": "tutorial", "tutorial": ["water", "repot"]}
    ada, bob, cay = await send_out(marketing, tmp_path, letter(f"a {first}"), letter(f"b {second}"), **fields)
    for path in ada:
        await follow(marketing, http, path)
    for _ in range(2):
        await follow(marketing, http, bob[0])
    for path in cay:
        await follow(marketing, http, path, SCANNER)
    found = await measured(http)
    assert (found["type"], found["sent"]) == ("tutorial", 6)
    assert found["tutorial"] == {
        "steps": [
            {"step": "water", "done": {"people": 2, "with_machines": 3}},
            {"step": "repot", "done": {"people": 1, "with_machines": 2}},
        ],
        "completed": {"people": 1, "with_machines": 2},
    }
    assert (found["letters"], found["surveys"]) == (None, None)


async def test_letters_are_counted_once_however_much_came_back(
    marketing: Marketing, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    body = LINKS + "{{ unsubscribe_url }}\n{{ preferences_url }}\n"
    ada, bob, cay = await send_out(marketing, tmp_path, letter(body), letter("Hello"))
    for path in ada[:3]:
        await follow(marketing, http, path)
    await follow(marketing, http, ada[0], SCANNER)
    await follow(marketing, http, cay[1], SCANNER)
    for _ in range(2):
        assert (await http.post(ada[3])).status_code == 200
    assert (await http.get(bob[3])).status_code == 200
    for path, act in ((bob[4], "save"), (cay[4], "nothing")):
        assert (await http.post(path, data={"act": act})).status_code == 200
    found = await measured(http)
    assert (found["type"], found["sent"]) == ("announcement", 6)
    assert found["letters"] == {
        "opened": {"people": 0, "with_machines": 0},
        "clicked": {"people": 1, "with_machines": 2},
        "unsubscribed": 2,
    }
    assert (found["tutorial"], found["surveys"]) == (None, None)


async def test_answers_of_a_survey_are_those_of_its_letters(
    marketing: Marketing, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    steps = [letter("a {{ survey_url }}", survey="csat"), letter("b {{ survey_url }}", survey="nps")]
    for path, value in zip((await send_out(marketing, tmp_path, *steps))[0], (5, 3), strict=True):
        for again in (value, 1):
            assert (await http.post(path, params={"value": again})).status_code == 200
    found = await measured(http)
    assert (found["type"], found["sent"]) == ("survey", 6)
    assert found["surveys"] == [
        {"survey": "csat", "answers": 1, "mean": 5.0, "score": 100.0},
        {"survey": "nps", "answers": 1, "mean": 3.0, "score": -100.0},
    ]


async def test_a_video_is_told_by_quarters_each_once_and_no_other_link_plays_it(
    marketing: Marketing, http: httpx.AsyncClient, tmp_path: Path
) -> None:
    """One plays half of it, one is a scanner, and of one who plays all of it only the end is told."""
    film = '{{ "https://films.example:8443/a.mp4?x=1&y=2" | video("film") }}\n{{ "https://shop.example/a" | tracked }}'
    ada, bob, cay = await send_out(marketing, tmp_path, letter(film), type="video")
    page = await http.get(ada[0], headers=BROWSER)
    assert 'src="https://films.example:8443/a.mp4?x=1&amp;y=2"' in page.text
    policy = page.headers["content-security-policy"]
    assert "media-src https://films.example:8443;" in policy
    assert "'unsafe" not in policy
    assert (await http.get("/v1/links/video.js")).headers["content-type"].startswith("text/javascript")
    marketing.now += HOUR
    watched = {path: path.replace("/video", "/watched") for path in (ada[0], bob[0], cay[0])}
    for percent in (25, 50, 50):
        answer = await http.post(watched[ada[0]], json={"percent": percent}, headers=BROWSER)
        assert (answer.status_code, answer.content) == (204, b"")
        marketing.now += HOUR
    for body in ({"percent": 30}, {"percent": 0}, {"percent": "25"}, {"percent": None}, {}, {"percent": 25, "x": 1}):
        assert (await http.post(watched[ada[0]], json=body, headers=BROWSER)).status_code == 422
    assert (await http.get(bob[0], headers=SCANNER)).status_code == 200
    assert (await http.post(watched[bob[0]], json={"percent": 25}, headers=SCANNER)).status_code == 204
    assert (await http.head(cay[0], headers=BROWSER)).status_code == 200
    assert (await http.get(cay[0], headers={**BROWSER, "Sec-Purpose": "prefetch"})).status_code == 200
    assert (await http.post(watched[cay[0]], json={"percent": 100}, headers=BROWSER)).status_code == 204
    for wrong in (ada[1] + "/video", ada[0].removesuffix("/video"), ada[0].replace("/video", "/opened.gif")):
        assert (await http.get(wrong, headers=BROWSER)).status_code == 404
    assert (await http.post(ada[1] + "/watched", json={"percent": 25}, headers=BROWSER)).status_code == 404

    told = [
        (kind, data) for kind, data in await marketing.published() if kind in {"message.watched", "message.clicked"}
    ]
    assert [(kind, data["label"], data.get("percent"), data.get("machine")) for kind, data in told] == [
        ("message.clicked", "film", None, None),
        ("message.watched", "film", 25, None),
        ("message.watched", "film", 50, None),
        ("message.clicked", "film", None, "agent"),
        ("message.watched", "film", 25, "agent"),
        ("message.watched", "film", 100, None),
    ]
    found = await measured(http)
    assert (found["type"], found["sent"]) == ("video", 3)
    reached = {25: (2, 3), 50: (2, 2), 75: (1, 1), 100: (1, 1)}
    assert found["videos"] == [
        {
            "video": "film",
            "impressions": {"people": 2, "with_machines": 3},
            "watched": [
                {"percent": percent, "reached": {"people": people, "with_machines": both}}
                for percent, (people, both) in reached.items()
            ],
        }
    ]
    await marketing.heard(erased())
    assert (await http.post(watched[ada[0]], json={"percent": 75}, headers=BROWSER)).status_code == 204
    assert await measured(http) == found
    marketing.now += 400 * DAY
    assert (await http.get(ada[0], headers={**BROWSER, "Accept": "text/html"})).status_code == 410
    assert (await http.post(watched[ada[0]], json={"percent": 75}, headers=BROWSER)).status_code == 410


async def test_nothing_is_measured_of_a_campaign_that_there_is_not(http: httpx.AsyncClient) -> None:
    found = await measured(http)
    assert (found["type"], found["sent"], found["measures"], found["letters"]) == (None, 0, [], None)
