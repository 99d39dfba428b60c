"""Campaigns as files: looked over, compared, tried, published and stopped, over marketing's own HTTP side."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

import typer

from shared.errors import ConfigurationError
from tools.rapport.asking import Folder, Json, app, reachable
from tools.rapport.marketing import draft_of, marketing_at
from tools.rapport.over_http import Answer, Name, Url, post
from tools.rapport.show import as_json, as_table, say

File = Annotated[Path, typer.Argument(help="The campaign's YAML; its texts stand in templates/ beside it.")]
Files = Annotated[list[Path], typer.Argument(help="Campaigns; their texts stand in templates/ beside each.")]
SkipPlanned = Annotated[
    bool, typer.Option("--skip-planned", help="Its messages that are not decided yet are not sent.")
]

PartiesFile = Annotated[Path, typer.Option("--file", help="The ids of parties, one a line.")]
_AT_ONCE = 1_000

campaigns = typer.Typer(name="campaigns", help="Campaigns as files.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(campaigns)


def ask(url: str, path: str, body: Answer | None) -> Answer:
    return post(url, f"campaigns{path}", body)


@campaigns.command()
@reachable
def validate(files: Files, *, stack: Folder = None, url: Url = None, json: Json = False) -> None:
    """Say what is wrong, by file, line and field. Exit status 1 where anything is."""
    where = marketing_at(url, stack)
    found = [ask(where, "/validate", draft_of(file)) for file in files]
    problems = [problem for each in found for problem in each["problems"]]
    if json:
        as_json(found)
    else:
        as_table("Problems", problems, ("file", "line", "field", "message"), f"{len(files)} can be published.")
    if problems:
        raise typer.Exit(1)


@campaigns.command()
@reachable
def diff(file: File, *, stack: Folder = None, url: Url = None, json: Json = False) -> None:
    """Compare a file with what is in force under its name. Exit status 1 where they differ."""
    found = ask(marketing_at(url, stack), "/diff", draft_of(file))
    if json:
        as_json(found)
    else:
        as_table(f"Changes of {found['campaign']}", found["changes"], ("field", "before", "after"), "No difference.")
    if found["changes"]:
        raise typer.Exit(1)


@campaigns.command("dry-run")
@reachable
def dry_run(
    file: File,
    *,
    stack: Folder = None,
    url: Url = None,
    sales: Annotated[int, typer.Option(min=1, max=50_000, help="So many of the newest.")] = 10_000,
    json: Json = False,
) -> None:
    """Say what a campaign would have done with the newest sales."""
    found = ask(marketing_at(url, stack), f"/dry-run?sales={sales}", draft_of(file))
    if json:
        as_json(found)
    else:
        names = ("sales", "matched", "left", "expired", "held_out", "enrolled", "parties", "taken")
        as_table(f"Dry run of {found['campaign']}", [found], names, "")


@campaigns.command()
@reachable
def backtest(
    file: File,
    *,
    since: Annotated[datetime, typer.Option(help="Sales that occurred from here on (UTC).")],
    until: Annotated[datetime, typer.Option(help="Sales that occurred before (UTC).")],
    days: Annotated[int, typer.Option(min=0, max=90, help="How near another campaign's message overlaps.")] = 7,
    limit: Annotated[int, typer.Option(min=0, max=5_000, help="So many messages are shown.")] = 100,
    stack: Folder = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Say whom a campaign would have written to, and what other campaigns sent them then."""
    span = urlencode({"from": since.replace(tzinfo=UTC).isoformat(), "to": until.replace(tzinfo=UTC).isoformat()})
    asked = f"/backtest?{span}&days={days}&limit={limit}"
    found = ask(marketing_at(url, stack), asked, draft_of(file))
    if json:
        as_json(found)
        return
    names = ("sales", "enrolled", "parties", "sent", "skipped", "waiting", "taken", "near", "crowded")
    as_table(f"Backtest of {found['campaign']}", [found], names, "")
    columns = ("at", "party_id", "step", "outcome", "reason", "near")
    as_table("Messages", found["messages"], columns, "No message would have been planned.")


@campaigns.command()
@reachable
def publish(files: Files, *, stack: Folder = None, url: Url = None, json: Json = False) -> None:
    """Put campaigns in force; who is enrolled stays with the version that they began with."""
    where = marketing_at(url, stack)
    for file in files:
        found = ask(where, "/validate", draft_of(file))
        if not found["valid"]:
            first = found["problems"][0]
            raise ConfigurationError("{file}:{line}: {field}: {message}; nothing was published".format_map(first))
    found_all = [ask(where, "", draft_of(file)) for file in files]
    if json:
        as_json(found_all)
    else:
        as_table("Published", found_all, ("campaign", "version", "changed"), "")


@campaigns.command()
@reachable
def stop(
    name: Name, *, skip_planned: SkipPlanned = False, stack: Folder = None, url: Url = None, json: Json = False
) -> None:
    """Enrol nobody any more; who is enrolled goes on, unless what is planned is to be skipped."""
    found = ask(marketing_at(url, stack), f"/{name}/stop?planned={'skip' if skip_planned else 'keep'}", None)
    if json:
        as_json(found)
    else:
        say(f"{name} is stopped." if found["changed"] else f"{name} was stopped before.")


@campaigns.command()
@reachable
def enrol(name: Name, *, file: PartiesFile, stack: Folder = None, url: Url = None, json: Json = False) -> None:
    """Have the parties of a file enrolled in a campaign that is begun by hand. The same file sent again within a day is
    the same request. Exit status 1 where somebody is not known, or was erased.
    """
    where, ids = marketing_at(url, stack), _ids_in(file)
    found: list[Answer] = []
    for begin in range(0, len(ids), _AT_ONCE):
        page = ids[begin : begin + _AT_ONCE]
        key = sha256("\n".join([name, str(begin), *page]).encode()).hexdigest()
        found += post(where, f"campaigns/{name}/enrolments", {"parties": page}, key=key)["results"]
    missing = [each for each in found if each["status"] not in {200, 202}]
    if json:
        as_json(found)
    else:
        counts = Counter(each["status"] for each in found)
        say(f"{name}: {counts[202]} taken, {counts[200]} in it already, {len(missing)} not known or erased.")
        as_table("Not enrolled", missing, ("party_id", "status", "why"), "Nobody is missing.")
    if missing:
        raise typer.Exit(1)


def _ids_in(file: Path) -> Sequence[str]:
    """Each once, in the order of the file. Raises ConfigurationError where it cannot be read, or a line is no id."""
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file} is no UTF-8") from None
    ids: dict[str, None] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                ids[str(UUID(line.strip()))] = None
            except ValueError:
                raise ConfigurationError(f"{file}:{number}: is no id of a party; nobody was enrolled") from None
    if not ids:
        raise ConfigurationError(f"{file} names nobody")
    return list(ids)
