"""Mailings: drafted, tried, started, watched and ended, over marketing's own HTTP side."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from tools.rapport.asking import Folder, Json, Limit, app, reachable
from tools.rapport.marketing import draft_of, marketing_at
from tools.rapport.over_http import Name, Url, get, get_all, post
from tools.rapport.show import as_json, as_table, say

File = Annotated[Path, typer.Argument(help="The mailing's YAML; its texts stand in templates/ beside it.")]
Untested = Annotated[bool, typer.Option("--untested", help="Though no test letter of this version was taken.")]
Email = Annotated[str, typer.Option("--to", help="An address of our own.")]
Locale = Annotated[str | None, typer.Option(help="The reader's, such as da-DK.")]

mailings = typer.Typer(name="mailings", help="One letter to a segment.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(mailings)


@mailings.command("list")
@reachable
def list_all(*, limit: Limit = 50, stack: Folder = None, url: Url = None, json: Json = False) -> None:
    """Every mailing, by name."""
    found = get_all(marketing_at(url, stack), "mailings", limit)
    if json:
        as_json(found)
    else:
        names = ("mailing", "version", "segment", "state", "started_at", "ended_at")
        as_table("Mailings", found, names, "There is no mailing.")


@mailings.command()
@reachable
def show(name: Name, *, stack: Folder = None, url: Url = None, json: Json = False) -> None:
    """How far one has come."""
    found = get(marketing_at(url, stack), f"mailings/{name}")
    if json:
        as_json(found)
    else:
        names = ("state", "recipients", "waiting", "open", "sent", "skipped", "unknown", "cancelled")
        as_table(f"Mailing {name}", [found], names, "")


@mailings.command()
@reachable
def recipients(name: Name, *, limit: Limit = 50, stack: Folder = None, url: Url = None, json: Json = False) -> None:
    """What became of each, in the order in which they were to be released."""
    found = get_all(marketing_at(url, stack), f"mailings/{name}/recipients", limit)
    if json:
        as_json(found)
    else:
        as_table(f"Recipients of {name}", found, ("party_id", "outcome", "reason", "released_at"), "It has none.")


@mailings.command()
@reachable
def validate(file: File, *, stack: Folder = None, url: Url = None, json: Json = False) -> None:
    """Say what is wrong, by file, line and field. Exit status 1 where anything is."""
    found = post(marketing_at(url, stack), "mailings/validate", draft_of(file))
    if json:
        as_json(found)
    else:
        as_table("Problems", found["problems"], ("file", "line", "field", "message"), f"{file} can be drafted.")
    if found["problems"]:
        raise typer.Exit(1)


@mailings.command()
@reachable
def draft(file: File, *, stack: Folder = None, url: Url = None, json: Json = False) -> None:
    """Have a mailing wait to be started; drafted again it is another version."""
    found = post(marketing_at(url, stack), "mailings", draft_of(file))
    if json:
        as_json(found)
    else:
        say(f"{found['mailing']} waits as version {found['version']}: send a test letter, then start it.")


@mailings.command("test")
@reachable
def send_test(
    name: Name, *, to: Email, locale: Locale = None, stack: Folder = None, url: Url = None, json: Json = False
) -> None:
    """Send its text to an address of our own. Exit status 1 where the mail server did not take it."""
    found = post(marketing_at(url, stack), f"mailings/{name}/test", {"email": to, "locale": locale})
    if json:
        as_json(found)
    else:
        say("The test letter was taken." if found["accepted"] else f"It was not taken ({found['code']}).")
    if not found["accepted"]:
        raise typer.Exit(1)


@mailings.command()
@reachable
def start(name: Name, *, untested: Untested = False, stack: Folder = None, url: Url = None, json: Json = False) -> None:
    """To everybody who is in its segment now."""
    _act(marketing_at(url, stack), name, "start", json=json, asked=f"?untested={str(untested).lower()}")


@mailings.command()
@reachable
def pause(name: Name, *, stack: Folder = None, url: Url = None, json: Json = False) -> None:
    """Release nobody more for now; what was released goes on."""
    _act(marketing_at(url, stack), name, "pause", json=json)


@mailings.command()
@reachable
def resume(name: Name, *, stack: Folder = None, url: Url = None, json: Json = False) -> None:
    """Go on where it was paused."""
    _act(marketing_at(url, stack), name, "resume", json=json)


@mailings.command()
@reachable
def cancel(name: Name, *, stack: Folder = None, url: Url = None, json: Json = False) -> None:
    """Write to nobody more but those whose message is being sent at this moment."""
    _act(marketing_at(url, stack), name, "cancel", json=json)


def _act(
    where: str, name: str, act: Literal["start", "pause", "resume", "cancel"], *, json: bool, asked: str = ""
) -> None:
    found = post(where, f"mailings/{name}/{act}{asked}", None)
    if json:
        as_json(found)
    else:
        say(f"{name} is {found['state']}." if found["changed"] else f"{name} was {found['state']} before.")
