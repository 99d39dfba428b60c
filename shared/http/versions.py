"""Optimistic concurrency over HTTP: a version is an ETag, and a change may name the one it was decided on."""

import re
from typing import Annotated

from fastapi import Header
from pydantic_core import from_json
from starlette.responses import Response

from shared.errors import Invalid

IfMatch = Annotated[str | None, Header(description="The ETag that the change was decided on; without it any will do.")]


def version_of(if_match: str | None) -> int | None:
    """The version in an ETag; None where any version will do. Raises Invalid."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = re.fullmatch(r'(?:W/)?"?(\d{1,9})"?', if_match.strip())
    if found is None:
        raise Invalid('If-Match takes an ETag of ours, such as "3"', field="If-Match")
    return int(found[1])


def with_etag(response: Response) -> Response:
    """An answer tells the version it led to, also where it is a repeated one."""
    response.headers["ETag"] = f'"{from_json(bytes(response.body))["version"]}"'
    return response
