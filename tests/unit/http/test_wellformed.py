"""Bodies that are no JSON, and addresses that are no text: each is refused by name, and none ends in a 500."""

import httpx
import pytest

from tests.unit.http.desk import ID, problem_of

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "body",
    [
        b'{"name": NaN}',
        b'{"name": "Ada", "lines": [Infinity]}',
        b'{"name": -Infinity}',
        '{"name": "Ada"}'.encode("utf-16"),
        '{"name": "Ada"}'.encode("utf-16-le"),
        '{"name": "Ada"}'.encode("utf-32"),
        b'{"name": "\xc5da"}',
        b'{"name": "\xed\xa0\x80"}',
        b'{"name": "\xc0\xaf"}',
        rb'{"name": "\ud800"}',
        rb'{"name": "\udc00\ud800"}',
        rb'{"name": "\ud83d"}',
        b'{"name": ' + b"[" * 500 + b"]" * 500 + b"}",
        b"[" * 1_900,
        b'{"name": 01}',
        b'{"name": "a\tb"}',
        b'{"name": "Ada",}',
        b"{'name': 'Ada'}",
        b'{"name": "Ada"} {}',
        b"\xef\xbb\xbf\xef\xbb\xbf{}",
        b" ",
    ],
    ids=repr,
)
async def test_what_is_no_json_is_refused_with_the_place(body: bytes, http: httpx.AsyncClient) -> None:
    document = problem_of(await http.post("/v1/parties", content=body, headers=JSON), 422, "invalid")

    (error,) = document["errors"]
    assert (error["field"], error["reason"]) == ("body", "json_invalid")
    assert "line 1 column" in error["detail"]


@pytest.mark.parametrize(
    "number", ["1e400", "-1e400", "1E+999", "1" + "0" * 400 + ".5", "12345678e302", "1" * 250 + "e99"]
)
@pytest.mark.parametrize("place", ["name", "lines.0", "unknown.deep.0.down"])
async def test_a_number_beyond_a_double_is_refused_with_its_field(
    number: str, place: str, http: httpx.AsyncClient
) -> None:
    body = number
    for part in reversed(place.split(".")):
        body = f"[{body}]" if part == "0" else f'{{"{part}": {body}}}'

    document = problem_of(await http.post("/v1/parties", content=body, headers=JSON), 422, "invalid")

    assert [each["field"] for each in document["errors"]] == [f"body.{place}"]


@pytest.mark.parametrize("digits", [30, 1_000, 1_900])
async def test_a_huge_integer_is_a_field_that_is_not_acceptable(digits: int, http: httpx.AsyncClient) -> None:
    answer = await http.post("/v1/parties", content=b'{"name": "Ada", "lines": [' + b"9" * digits + b"]}", headers=JSON)
    assert answer.status_code in {201, 422}
    if answer.status_code == 201:
        assert answer.json()["lines"] == [int("9" * digits)]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'\xef\xbb\xbf{"name": "Ada"}', "Ada"),
        (b'{"name": "Eve", "name": "Ada"}', "Ada"),
        (rb'{"name": "\ud83d\ude00"}', "😀"),
        (b'\r\n{"name" : "Ada"}\t', "Ada"),
    ],
    ids=["a mark of byte order", "the last of two members", "a pair of surrogates", "space around"],
)
async def test_what_json_allows_is_taken(body: bytes, name: str, http: httpx.AsyncClient) -> None:
    answer = await http.post("/v1/parties", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["name"]) == (201, name)


async def test_a_body_in_another_coding_is_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post("/v1/parties", content=b"\x1f\x8b", headers={**JSON, "Content-Encoding": "gzip"})
    problem_of(answer, 415, "unsupported_media_type")
    assert answer.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("bad", ["%00", "a%00b", "%FF", "%ED%A0%80", "%C0%AF"])
@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/v1/parties?limit={}", "query.limit"),
        ("/v1/parties?limit=1&unknown={}", "query.unknown"),
        ("/v1/parties?{}", "query."),
        ("/v1/parties/{}", "path"),
        ("/v1/nothing/{}", "path"),
    ],
)
@pytest.mark.slow
async def test_an_address_that_is_no_text_is_refused(
    address: str, field: str, bad: str, http: httpx.AsyncClient
) -> None:
    document = problem_of(await http.get(address.format(bad)), 422, "invalid")
    assert document["errors"][0]["field"].startswith(field)


@pytest.mark.parametrize("query", ["q=%C3%85se+%2B%26=", "q=a%2", "q=%zz", "&&=&", "q=%25%30%30"])
async def test_an_address_that_is_odd_and_text_is_read(query: str, http: httpx.AsyncClient) -> None:
    assert (await http.get(f"/v1/parties/{ID}?{query}")).status_code == 200


@pytest.mark.parametrize(
    ("query", "named"), [("Q=a", "Q"), ("q=a&qq=", "qq"), ("limit", "limit"), ("%F0%9F=", "?"), ("%", "?")]
)
async def test_a_parameter_that_the_route_does_not_have_is_refused(
    query: str, named: str, http: httpx.AsyncClient
) -> None:
    """A filter that is written wrongly would filter nothing, and its caller would take all for what was asked for."""
    document = problem_of(await http.get(f"/v1/parties/{ID}?{query}"), 422, "invalid")
    (error,) = document["errors"]
    assert error["field"].startswith(f"query.{named}")
    assert error["reason"] in {"unknown_parameter", "string_unicode"}
