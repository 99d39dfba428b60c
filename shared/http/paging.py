"""Lists by cursor: an opaque position after which the next page begins."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from shared.errors import Invalid

T = TypeVar("T")
LONGEST_PAGE = 200
"""Items; statements that bound what they read to the longest page say this number and one."""


class Listing(BaseModel, Generic[T]):
    """One page; `next_cursor` is null on the last one."""

    items: list[T]
    next_cursor: str | None = None


def first_page(rows: Sequence[T], limit: int, position: Callable[[T], Sequence[object]]) -> Listing[T]:
    """The first `limit` of a list, of which one more was asked for, as a part of an answer; its own route goes on."""
    following = encode_cursor(position(rows[limit - 1])) if len(rows) > limit else None
    return Listing(items=list(rows[:limit]), next_cursor=following)


def encode_cursor(position: Sequence[object]) -> str:
    return base64.urlsafe_b64encode(to_json(list(position))).rstrip(b"=").decode()


def decode_cursor(cursor: str, *kinds: type) -> tuple[Any, ...]:
    """The position, each part of the kind named, e.g. `decode_cursor(text, datetime, UUID)`; raises Invalid."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        position = from_json(base64.b64decode(padded, altchars=b"-_", validate=True))
        if kinds:
            return _storable(_parser(kinds).validate_python(position))
        if isinstance(position, list):
            return tuple(position)
    except (ValueError, binascii.Error, ValidationError):
        pass
    raise Invalid("not a cursor of this list; begin again without one", field="cursor")


def _storable(position: tuple[Any, ...]) -> tuple[Any, ...]:
    """Raises ValueError for numbers beyond eight bytes and texts with NUL, which no list has."""
    for part in position:
        if (isinstance(part, int) and not -(2**63) <= part < 2**63) or (isinstance(part, str) and "\0" in part):
            raise ValueError("no position of a list")
    return position


@cache
def _parser(kinds: tuple[type, ...]) -> TypeAdapter[tuple[Any, ...]]:
    return TypeAdapter(tuple[kinds])  # type: ignore[valid-type]


@dataclass(frozen=True, slots=True)
class PageQuery:
    """`limit` items after `cursor`; ask the database for `limit + 1`, so that `listing` knows whether more follow."""

    cursor: str | None
    limit: int
    request: Request
    response: Response

    def after(self, *kinds: type) -> tuple[Any, ...] | None:
        """The position to go on from, or None on the first page."""
        return decode_cursor(self.cursor, *kinds) if self.cursor else None

    def listing(
        self, rows: Sequence[Any], item: Callable[[Any], T], position: Callable[[Any], Sequence[object]]
    ) -> Listing[T]:
        """The page of up to `limit` rows; `position` tells a row's place in the list's order."""
        shown = rows[: self.limit]
        following = encode_cursor(position(shown[-1])) if len(rows) > self.limit else None
        self.response.headers.update(self.link(following))
        return Listing(items=[item(row) for row in shown], next_cursor=following)

    def written(
        self, rows: Sequence[T], body: Callable[[T], str], position: Callable[[T], Sequence[object]]
    ) -> Response:
        """The same page of items that the database wrote as JSON already."""
        shown = rows[: self.limit]
        following = encode_cursor(position(shown[-1])) if len(rows) > self.limit else None
        items = ",".join(body(row) for row in shown)
        content = f'{{"items":[{items}],"next_cursor":{to_json(following).decode()}}}'
        return Response(content, media_type="application/json", headers=self.link(following))

    def link(self, following: str | None) -> dict[str, str]:
        """The header that names the next page (RFC 8288), relative to where this one was asked for."""
        if following is None:
            return {}
        url = self.request.url.include_query_params(cursor=following)
        return {"Link": f'<{url.path}?{url.query}>; rel="next"'}


async def _page(
    request: Request,
    response: Response,
    cursor: Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = 50,
) -> PageQuery:
    return PageQuery(cursor, limit, request, response)


Page = Annotated[PageQuery, Depends(_page)]
