"""What a request carries, as CloudEvents' HTTP binding has it."""

import json

import pytest
from starlette.exceptions import HTTPException

from shared.http.cloudevents import MOST_EVENTS, Carried, read_delivery

EVENT = {"specversion": "1.0", "id": "1", "source": "/shop", "type": "t", "data": {"a": "æ"}}
HEADERS: dict[str, bytes | None] = {"ce_specversion": b"1.0", "ce_id": b"1", "ce_source": b"/shop", "ce_type": b"t"}
DATA = '{"a":"æ"}'.encode()


def headers(content_type: str | None, **attributes: str) -> list[tuple[bytes, bytes]]:
    found = {f"ce-{name}": value for name, value in attributes.items()}
    if content_type is not None:
        found["content-type"] = content_type
    return [(name.encode(), value.encode("latin-1")) for name, value in found.items()]


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "application/a+json", None]
)
def test_binary_mode_is_headers_and_data(content_type: str | None) -> None:
    sent = headers(content_type, specversion="1.0", id="1", source="/shop", type="t")
    assert read_delivery(sent, DATA) == ([Carried(HEADERS, DATA)], False)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a%20b%25", b"a b%"),
        ("K%C3%B8benhavn", "København".encode()),
        (r'"a\"b c"', b'a"b c'),
        ("%zz", b"%zz"),
        ("", b""),
    ],
)
def test_values_of_headers_lose_their_quotes_and_percents(written: str, meant: bytes) -> None:
    assert read_delivery(headers("application/json", partitionkey=written), DATA).events[0].headers == {
        "ce_partitionkey": meant
    }


@pytest.mark.parametrize("content_type", ["application/cloudevents+json", "Application/CloudEvents+JSON;charset=UTF-8"])
def test_structured_mode_is_one_document(content_type: str) -> None:
    body = json.dumps(EVENT).encode()
    assert read_delivery(headers(content_type), body) == ([Carried(HEADERS, DATA)], False)


@pytest.mark.parametrize("body", [b"{", b"[]", b"3", b"", b'{"id": NaN}', rb'{"id": "\ud800"}', b"[" * 100_000])
def test_a_document_that_is_no_event_is_told(body: bytes) -> None:
    assert read_delivery(headers("application/cloudevents+json"), body).events == [Carried({}, None, "bad_json")]


def test_a_batch_is_a_list_in_which_each_event_stands_for_itself() -> None:
    body = json.dumps([EVENT, 3, {**EVENT, "data_base64": "e30="}, EVENT]).encode()
    found = read_delivery(headers("application/cloudevents-batch+json"), body)
    assert found.batched
    assert [each.unreadable for each in found.events] == [None, "bad_json", "unreadable_data_base64", None]
    assert found.events[0] == found.events[3] == Carried(HEADERS, DATA)


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/cloudevents-batch+json", b"{}", 422),
        ("application/cloudevents-batch+json", b"[", 422),
        ("application/cloudevents-batch+json", json.dumps([{}] * (MOST_EVENTS + 1)).encode(), 413),
        ("application/cloudevents+xml", b"<event/>", 415),
        ("application/cloudevents-batch+avro", b"", 415),
        ("text/plain", DATA, 415),
    ],
)
def test_what_is_no_delivery_is_refused_as_a_whole(content_type: str, body: bytes, status: int) -> None:
    with pytest.raises(HTTPException) as refused:
        read_delivery(headers(content_type, id="1"), body)
    assert refused.value.status_code == status
