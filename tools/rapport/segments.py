"""Segments: published and stopped, and who is in, how many, and why, over marketing's own HTTP side."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from tools.rapport.asking import Folder, Json, Limit, app, reachable
from tools.rapport.marketing import draft_of, marketing_at
from tools.rapport.over_http import Answer, Name, Url, get, get_all, post
from tools.rapport.show import as_json, as_table, say

File = Annotated[Path, typer.Argument(help="The segment's YAML.")]

segments = typer.Typer(name="segments", help="Who is in which segment.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(segments)


@segments.command("list")
@reachable
def list_all(*, limit: Limit = 50, stack: Folder = None, url: Url = None, json: Json = False) -> None:
    """The newest version of each, by name, with how many are in."""
    found = get_all(marketing_at(url, stack), "segments", limit)
    if json:
        as_json(found)
    else:
        names = ("segment", "version", "members", "published_at", "filled_at", "stopped_at", "description")
        as_table("Segments", found, names, "There is no segment.")


@segments.command()
@reachable
def count(name: Name, *, stack: Folder = None, url: Url = None, json: Json = False) -> None:
    """How many are in, and how many parties of a new definition are gone through."""
    found = get(marketing_at(url, stack), f"segments/{name}")
    if json:
        as_json({each: found[each] for each in ("segment", "version", "members", "parties", "scheduled", "filled_at")})
    elif found["filled_at"] is None:
        say(f"{found['members']} so far: {found['scheduled']} of {found['parties']} parties are gone through.")
    else:
        say(str(found["members"]))


@segments.command()
@reachable
def parties(name: Name, *, limit: Limit = 50, stack: Folder = None, url: Url = None, json: Json = False) -> None:
    """Who is in, in the order of their ids."""
    found = get_all(marketing_at(url, stack), f"segments/{name}/parties", limit)
    if json:
        as_json(found)
    else:
        as_table(f"In {name}", found, ("party_id", "since", "version", "event_id"), "Nobody is in.")


@segments.command()
@reachable
def why(name: Name, party: UUID, *, stack: Folder = None, url: Url = None, json: Json = False) -> None:
    """Why a party is in, or is not: each field that is asked, and what is known."""
    found = get(marketing_at(url, stack), f"segments/{name}/parties/{party}")
    if json:
        as_json(found)
        return
    since = f" since {found['since']}" if found["is_in"] else ""
    say(f"{found['party_id']} is {'' if found['is_in'] else 'not '}in {name}{since}.")
    as_table("Why", found["reasons"], ("field", "asked", "known", "holds"), "Nothing is asked.")


@segments.command()
@reachable
def validate(file: File, *, stack: Folder = None, url: Url = None, json: Json = False) -> None:
    """Say what is wrong, by file, line and field. Exit status 1 where anything is."""
    found = post(marketing_at(url, stack), "segments/validate", _draft(file))
    if json:
        as_json(found)
    else:
        as_table("Problems", found["problems"], ("file", "line", "field", "message"), f"{file} can be published.")
    if found["problems"]:
        raise typer.Exit(1)


@segments.command()
@reachable
def publish(file: File, *, stack: Folder = None, url: Url = None, json: Json = False) -> None:
    """Put a segment in force; parties are gone through in the background."""
    found = post(marketing_at(url, stack), "segments", _draft(file))
    if json:
        as_json(found)
    else:
        as_table("Published", [found], ("segment", "version", "changed"), "")


@segments.command()
@reachable
def stop(name: Name, *, stack: Folder = None, url: Url = None, json: Json = False) -> None:
    """Have everybody leave, in the background."""
    found = post(marketing_at(url, stack), f"segments/{name}/stop", None)
    if json:
        as_json(found)
    else:
        say(f"{name} is stopped." if found["changed"] else f"{name} was stopped before.")


def _draft(file: Path) -> Answer:
    """Without templates, which a segment has none of."""
    return {name: part for name, part in draft_of(file).items() if name != "templates"}
