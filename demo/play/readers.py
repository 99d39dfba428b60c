"""Readers of letters: some look at theirs, some follow its link, and a scanner of mail does both."""

import re
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import NamedTuple

import httpx

from demo.play.watch import SQL, Watch

_BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0"
_SCANNER = "MailScanner/2.1"
_LINK = re.compile(r'(http://[^"\s]+/v1/links/[\w.-]+)(/opened\.gif)?')


class Read(NamedTuple):
    """How many letters were opened, and had their link followed, by people and by machines."""

    opened: int = 0
    clicked: int = 0
    opened_by_machines: int = 0
    clicked_by_machines: int = 0


async def read_letters(client: httpx.AsyncClient, watch: Watch, maildir: Path, campaign: str) -> Read:
    """Of the first letters every third is opened, every third followed, and every third gone through by a scanner."""
    done = [0, 0, 0]
    for number, row in enumerate(await watch.rows("marketing", SQL["load_letters"], campaign)):
        letter = message_from_bytes((maildir / "new" / str(row["id"])).read_bytes(), policy=default)
        body = letter.get_body(("html",))
        assert body is not None
        links = {bool(picture): link + picture for link, picture in _LINK.findall(body.get_content())}
        what = number % 3
        asked = [links[True]] if what == 0 else [links[False]] if what == 1 else [links[True], links[False]]
        for link in asked:
            answer = await client.get(link, headers={"User-Agent": _SCANNER if what == 2 else _BROWSER})
            if answer.is_error:
                answer.raise_for_status()
        done[what] += 1
    return Read(done[0], done[1], done[2], done[2])


async def count_read(client: httpx.AsyncClient, marketing: str, campaign: str) -> Read:
    """The same as marketing has counted it."""
    answer = (await client.get(f"{marketing}/v1/campaigns/{campaign}/measures")).raise_for_status().json()
    by = {each["kind"]: (each["people"], each["machines"]) for each in answer["measures"]}
    (opened, opened_by_machines), (clicked, clicked_by_machines) = by.get("opened", (0, 0)), by.get("clicked", (0, 0))
    return Read(opened, clicked, opened_by_machines, clicked_by_machines)
