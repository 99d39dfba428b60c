"""What is shown where a page cannot be."""

from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.console.shell.agent import SignInNeeded
from services.console.shell.asking import Trouble
from services.console.shell.pages import MOST_FIELDS, Page, go_to
from shared.errors import Refused
from shared.http.problems import MEDIA_TYPE

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
    """Back to the page afterwards; what a form said is kept until it can be sent."""
    del error
    if request.method == "POST":
        return await _again(request, Page(request, None), 401)
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return go_to(f"{request.app.state.sessions.sign_in}?next={quote(back)}")


async def _again(request: Request, page: Page, status: int, trouble: Trouble | None = None) -> Response:
    """What was typed, to be sent again: a service was away or refused it, or the session has ended meanwhile."""
    where = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    fields = await page.form(MOST_FIELDS)
    shown = None if trouble is None or trouble.kind == "away" else trouble
    return page.show("shell/again.html", status, fields=fields, where=where, ended=status == 401, trouble=shown)


async def _trouble(request: Request, error: Exception) -> Response:
    assert isinstance(error, Trouble)
    if error.status == 401:
        return await _sign_in(request, error)
    page = await _page(request)
    if request.method == "POST":
        return await _again(request, page, _STATUS[error.kind], error)
    return page.show("shell/trouble.html", _STATUS[error.kind], trouble=error)


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
    return await _shown(request, error.status_code)


class ShownProblems:
    """Plain ASGI. A browser gets a page where what stands before every route answers with a problem document.

    The address of a form is no page: whoever looks at it, after a refusal say, is led to the page above it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        reads, refused = b"text/html" in dict(scope["headers"]).get(b"accept", b""), 0

        async def answer(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and _is_problem(message):
                status = message["status"]
                refused = status if reads or _is_forms_address(scope, status) else 0
            if not refused:
                await send(message)

        await self._app(scope, receive, answer)
        if refused:
            await (await _shown(Request(scope, receive), refused))(scope, receive, send)


async def _shown(request: Request, refused: int) -> Response:
    if _is_forms_address(request.scope, refused):
        return go_to(request.url.path.rpartition("/")[0] or "/")
    page = Page(request, None) if refused >= 500 else await _page(request)
    return page.show("shell/error.html", refused, status=refused)


def _is_forms_address(scope: Scope, status: int) -> bool:
    return status == 405 and scope["method"] == "GET"


def _is_problem(message: Message) -> bool:
    kinds = [value for name, value in message["headers"] if name.lower() == b"content-type"]
    return any(kind.startswith(MEDIA_TYPE.encode()) for kind in kinds)
