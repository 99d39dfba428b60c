"""What is shown where a page cannot be."""

from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from services.console.shell.agent import SignInNeeded
from services.console.shell.asking import Trouble
from services.console.shell.pages import Page, go_to
from shared.errors import Refused

_STATUS = {"away": 503, "forbidden": 403, "missing": 404, "stale": 409, "refused": 422}


def answer_errors(app: FastAPI) -> None:
    """Every error of the console's routes becomes a page that says what can be done."""
    app.add_exception_handler(SignInNeeded, _sign_in)
    app.add_exception_handler(Trouble, _trouble)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _not_found)
    app.add_exception_handler(HTTPException, _http_error)


async def _page(request: Request) -> Page:
    try:
        return Page(request, await request.app.state.sessions.find(request))
    except Refused:
        return Page(request, None)


async def _sign_in(request: Request, error: Exception) -> Response:
    del error
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return go_to(f"{request.app.state.sessions.sign_in}?next={quote(back if request.method == 'GET' else '/')}")


async def _trouble(request: Request, error: Exception) -> Response:
    assert isinstance(error, Trouble)
    if error.status == 401:
        return await _sign_in(request, error)
    return (await _page(request)).show("shell/trouble.html", _STATUS[error.kind], trouble=error)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    if error.status == 401:
        return await _sign_in(request, error)
    return (await _page(request)).show("shell/error.html", error.status, status=error.status)


async def _not_found(request: Request, error: Exception) -> Response:
    """A path or a parameter that no page has."""
    del error
    return (await _page(request)).show("shell/error.html", 404, status=404)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return (await _page(request)).show("shell/error.html", error.status_code, status=error.status_code)
