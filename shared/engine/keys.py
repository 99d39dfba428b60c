"""Keys as operators read and type them: text as it is, and every other byte written out."""

import re

from shared.errors import Invalid

_ESCAPED = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|(\\))")


def escape_key(key: bytes) -> str:
    r"""`81` for text, `\\xff\\x01` for other bytes. Different keys give different texts; `parse_key` is the inverse."""
    return "".join(map(_escaped, key.decode("utf-8", "surrogateescape")))


def _escaped(character: str) -> str:
    if character == "\\":
        return r"\\"
    if character.isprintable():
        return character
    return "".join(f"\\x{byte:02x}" for byte in character.encode("utf-8", "surrogateescape"))


def parse_key(text: str) -> bytes:
    """The inverse of `escape_key`; raises Invalid for a backslash that begins no escape."""
    raw = text.encode("utf-8", "surrogateescape")
    if b"\\" in _ESCAPED.sub(b"", raw):
        raise Invalid(r"a backslash in a key is written \\, a byte \x and two hexadecimal digits", field="key")
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]) if found[1] else b"\\", raw)
