"""Optimistic concurrency over HTTP: a version is an ETag, and a change may name the one it was decided on."""

import re
from hashlib import blake2b
from typing import Annotated

from fastapi import Header
from pydantic_core import from_json
from starlette.responses import Response

from shared.errors import Invalid

IfMatch = Annotated[
    str | None, Header(description="The ETags that the change may have been decided on; without it any will do.")
]
# A proxy that compresses appends the coding to a tag, and sends it back so.
_CODING = re.compile(r'[-;:]{1,2}(?:gzip|br|deflate|zstd)(?="$)')
_TAG = re.compile(r'(W/)?"(\d{1,9})(?:-[0-9a-f]{16})?"')
Versions = frozenset[int] | None


def versions_of(if_match: str | None) -> Versions:
    """The versions that the change may have been decided on; None where any will do. Raises Invalid.

    A weak tag matches none, as RFC 9110 has it.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    versions = set()
    for tag in if_match.split(","):
        found = _TAG.fullmatch(plain_tag(tag))
        if found is None:
            raise Invalid('If-Match takes ETags of ours, such as "3"', field="If-Match")
        if not found[1]:
            versions.add(int(found[2]))
    return frozenset(versions)


def plain_tag(tag: str) -> str:
    return _CODING.sub("", tag.strip())


def etag_of(version: int, body: bytes) -> str:
    """The ETag of an answer that holds more than the aggregate: it changes with any byte, and names the version."""
    return f'"{version}-{blake2b(body, digest_size=8).hexdigest()}"'


def with_etag(response: Response, located: str | None = None) -> Response:
    """An answer tells the version it led to, also where it is a repeated one, and under `located` with the id of what
    was made where that is read.
    """
    answered = from_json(bytes(response.body))
    response.headers["ETag"] = f'"{answered["version"]}"'
    if located is not None:
        response.headers["Location"] = f"{located}/{answered['id']}"
    return response
