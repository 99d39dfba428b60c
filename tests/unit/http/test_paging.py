"""Cursors are opaque, survive the way out and back, and are refused when they are not ours."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given, strategies as st
from starlette.requests import Request
from starlette.responses import Response

from shared.errors import Invalid
from shared.http.paging import PageQuery, decode_cursor, encode_cursor

# No list has a position with NUL, and a lone surrogate is no text.
ASKED = Request(
    {
        "type": "http",
        "method": "GET",
        "path": "/v1/parties",
        "query_string": b"q=%C3%85&cursor=old",
        "headers": [(b"host", b"desk")],
        "server": ("desk", 80),
        "scheme": "http",
    }
)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(st.datetimes(timezones=st.just(UTC)), st.uuids(), TEXTS, st.integers(-(2**63), 2**63 - 1))
def test_a_position_survives_the_way_out_and_back(moment: datetime, key: UUID, text: str, number: int) -> None:
    cursor = encode_cursor((moment, key, text, number))
    assert cursor.isascii()
    assert decode_cursor(cursor, datetime, UUID, str, int) == (moment, key, text, number)


def test_without_kinds_a_position_is_what_json_keeps() -> None:
    assert decode_cursor(encode_cursor((7, "x", None))) == (7, "x", None)


@given(st.text(max_size=60) | st.binary(max_size=40).map(lambda raw: raw.hex()))
def test_any_text_is_decoded_or_refused_and_nothing_else(text: str) -> None:
    try:
        decode_cursor(text, datetime, UUID)
    except Invalid as refused:
        assert refused.field == "cursor"
        assert refused.status == 422


@pytest.mark.parametrize(
    "cursor",
    [
        encode_cursor((1,)),
        encode_cursor(("2026-03-01T00:00:00Z", "no uuid")),
        encode_cursor(("2026-03-01T00:00:00Z", str(UUID(int=7)), 3)),
        encode_cursor(("2026-03-01T00:00:00Z", str(UUID(int=7))))[:-3],
        "bnVsbA",
        "!",
    ],
)
def test_a_cursor_of_another_list_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid, match="cursor"):
        decode_cursor(cursor, datetime, UUID)


def test_pages_cover_a_list_once_in_order() -> None:
    numbers = list(range(23))
    seen: list[int] = []
    cursor: str | None = None
    while True:
        answer = Response()
        page = PageQuery(cursor, 5, ASKED, answer)
        (last,) = page.after(int) or (-1,)
        rows = [number for number in numbers if number > last][: page.limit + 1]
        listing = page.listing(rows, int, lambda number: (number,))
        seen += listing.items
        if (cursor := listing.next_cursor) is None:
            assert "Link" not in answer.headers
            break
        assert answer.headers["Link"] == f'</v1/parties?q=%C3%85&cursor={cursor}>; rel="next"'
    assert seen == numbers


def test_an_empty_list_has_no_next_page() -> None:
    assert PageQuery(None, 5, ASKED, Response()).listing([], int, lambda number: (number,)).model_dump() == {
        "items": [],
        "next_cursor": None,
    }
