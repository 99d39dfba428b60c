"""Models of forecasting: how well they did, and which is used, over its own HTTP side."""

from datetime import date
from typing import Annotated

import typer

from shared.errors import ConfigurationError
from tools.rapport.asking import Folder, Json, Limit, app, reachable
from tools.rapport.over_http import Answer, Name, Url, get_all, post, service_at
from tools.rapport.show import as_json, as_table, say

models = typer.Typer(name="models", help="Which models forecasts and scores are made by.", no_args_is_help=True)
app.add_typer(models)
_QUALITY = ("auc", "brier", "mae", "total_error", "drift")


@models.command("list")
@reachable
def list_all(*, limit: Limit = 50, stack: Folder = None, url: Url = None, json: Json = False) -> None:
    """The newest first, with the one of each name that is used."""
    found = get_all(service_at("forecasting", url, stack), "models", limit)
    if json:
        as_json(found)
    else:
        as_table("Models", found, ("name", "cut", "in_force", "recorded_at"), "No model was fitted yet.")


@models.command()
@reachable
def quality(name: Name, *, limit: Limit = 20, stack: Folder = None, url: Url = None, json: Json = False) -> None:
    """How well models of a name foretold what came, cut by cut; what is not in force is a shadow."""
    found = get_all(service_at("forecasting", url, stack), f"models/{name}/quality", limit)
    if json:
        as_json(found)
        return
    rows = [{**one, **_figures(one["quality"])} for one in found]
    as_table(name, rows, ("until", "cut", "in_force", *_QUALITY), "Nothing was measured yet: it takes 28 days.")


@models.command()
@reachable
def promote(
    name: Name,
    cut: Annotated[str, typer.Argument(help="The cut of the model, such as 2026-01-05, or `newest`.")],
    *,
    stack: Folder = None,
    url: Url = None,
    json: Json = False,
) -> None:
    """Use the model of this cut from now on, an earlier one to roll back, or `newest` for the one of each cut."""
    found = post(service_at("forecasting", url, stack), f"models/{name}/promote", {"cut": _cut(cut)})
    if json:
        as_json(found)
    else:
        say(f"{name} is the model of {found['cut'] or 'the newest cut'} from now on.")


def _cut(said: str) -> str | None:
    if said == "newest":
        return None
    try:
        return date.fromisoformat(said).isoformat()
    except ValueError:
        raise ConfigurationError(f"{said} is neither a day, such as 2026-01-05, nor newest") from None


def _figures(measured: Answer) -> Answer:
    return {name: round(measured[name], 3) if name in measured else "" for name in _QUALITY}
