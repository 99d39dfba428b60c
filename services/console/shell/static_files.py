"""Styles, scripts and icons: read once, named by what they hold, and kept by browsers for ever."""

from functools import cache
from hashlib import blake2b
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import Response

from shared.errors import ConfigurationError, NotFound

router = APIRouter(include_in_schema=False)
_OWN = Path(__file__).with_name("static")
_FETCHED = Path(__file__).resolve().parents[1] / "assets"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@cache
def files() -> dict[str, bytes]:
    """Every file by its public name. Raises ConfigurationError where those of npm were not fetched."""
    fetched = [path for path in sorted(_FETCHED.glob("*")) if path.suffix in _TYPES]
    if not fetched:
        raise ConfigurationError("the console's scripts are not here: run `python -m deploy.assets.fetch`")
    own = [path for path in sorted(_OWN.iterdir()) if path.suffix in _TYPES]
    return {_public_name(path): path.read_bytes() for path in (*own, *fetched)}


@cache
def path_of(stem: str) -> str:
    """The path that a page names for `console.css` or `htmx.min.js`."""
    wanted = Path(stem)
    for name in files():
        if name.startswith(f"{wanted.stem}-") and name.endswith(wanted.suffix):
            return f"/static/{name}"
    raise KeyError(stem)


def _public_name(path: Path) -> str:
    digest = blake2b(path.read_bytes(), digest_size=6).hexdigest()
    return f"{path.stem}-{digest}{path.suffix}"


@router.get("/static/{name}")
async def read_file(name: str) -> Response:
    body = files().get(name)
    if body is None:
        raise NotFound("no file has this name")
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(body, media_type=_TYPES[Path(name).suffix], headers=headers)
