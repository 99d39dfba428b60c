"""What may be kept of a file that somebody sent."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import filetype

Refusal = Literal["too_large", "type_not_allowed", "type_mismatch", "too_many"]
MOST_BYTES = 10 * 1024 * 1024
_OFFICE = "application/vnd.openxmlformats-officedocument."
_BY_BYTES = {
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "image/tiff",
    "image/bmp",
    "image/heic",
    "application/pdf",
    "video/mp4",
    "audio/mpeg",
    "application/zip",
    f"{_OFFICE}wordprocessingml.document",
    f"{_OFFICE}spreadsheetml.sheet",
    f"{_OFFICE}presentationml.presentation",
}
_TEXTS = {"text/plain", "text/csv", "text/calendar", "text/vcard", "message/rfc822"}
_SAME = {
    "image/jpg": "image/jpeg",
    "application/x-zip-compressed": "application/zip",
    "application/x-pdf": "application/pdf",
}
_ANY = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Attachment:
    """`media_type` is what the bytes are; where they are refused, what the sender called them."""

    name: str
    media_type: str
    size: int
    sha256: bytes
    content: bytes | None
    refused: Refusal | None = None


def attachment_of(name: str, said: str, content: bytes, *, too_many: bool = False) -> Attachment:
    """The type is told by the bytes; a sender who says another one is not believed, and the file not kept."""
    digest = sha256(content).digest()
    media_type, refused = _judge(_SAME.get(said, said), content)
    if too_many or len(content) > MOST_BYTES:
        refused = "too_many" if too_many else "too_large"
    return Attachment(name, media_type, len(content), digest, None if refused else content, refused)


def _judge(said: str, content: bytes) -> tuple[str, Refusal | None]:
    found = filetype.guess_mime(content[:8192])
    if found is None:
        # Texts have no mark of their own: one that is no text lies.
        if said not in _TEXTS and said != _ANY:
            return said, "type_mismatch" if said in _BY_BYTES else "type_not_allowed"
        if _is_text(content):
            return ("text/plain" if said == _ANY else said), None
        return said, "type_not_allowed" if said == _ANY else "type_mismatch"
    if found not in _BY_BYTES:
        return said, "type_not_allowed" if said not in _BY_BYTES | _TEXTS else "type_mismatch"
    holds = said.startswith(_OFFICE) and found == "application/zip"
    return (found, None) if said in {found, _ANY} or holds else (said, "type_mismatch")


def _is_text(content: bytes) -> bool:
    try:
        return b"\0" not in content and content.decode("utf-8") is not None
    except UnicodeDecodeError:
        return False
