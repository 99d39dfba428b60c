"""Keys as operators read and type them."""

import pytest
from hypothesis import given, strategies as st

from shared.engine.keys import escape_key, parse_key
from shared.errors import Invalid


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (b"81", "81"),
        ("København 7".encode(), "København 7"),
        (b"", ""),
        (b"\xff\x01", r"\xff\x01"),
        (b"\xff\x02", r"\xff\x02"),
        ((2**40).to_bytes(8, "big"), r"\x00\x00\x01\x00\x00\x00\x00\x00"),
        (rb"\xff", r"\\xff"),
        (b"a\x1b[31m\n", r"a\x1b[31m\x0a"),
        ("\u202e".encode(), r"\xe2\x80\xae"),
    ],
)
def test_text_stays_and_every_other_byte_is_written_out(key: bytes, text: str) -> None:
    assert (escape_key(key), parse_key(text)) == (text, key)


@given(st.binary(max_size=40) | st.text(max_size=20).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_every_key_can_be_typed_again(key: bytes) -> None:
    text = escape_key(key)
    assert parse_key(text) == key
    assert text.isprintable()


@pytest.mark.parametrize("text", ["\\", r"\x", r"\x0", r"a\b", r"\\\ "])
def test_a_backslash_that_begins_nothing_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_key(text)
