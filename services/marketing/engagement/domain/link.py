"""Signed links that are counted when a reader opens or follows them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

from shared.http.links import read_claims, sign_claims

_AUDIENCE, _VIDEO = "link", "video"
Visited = Literal["opened", "clicked", "shown", "watched"]
"""What a visit tells: of the picture, of a link, of the page of a video, and of how far it was played."""


@dataclass(frozen=True, slots=True)
class TrackedLink:
    """Where it leads is signed with it, so that it leads nowhere else; empty for the picture that tells of opening."""

    message_id: UUID
    url: str
    label: str
    written_at: datetime
    expires_at: datetime


def url_of(link: TrackedLink, public_url: str, secret: str) -> str:
    path = _signed(link, public_url, secret, _AUDIENCE)
    return path if link.url else f"{path}/opened.gif"


def video_url_of(link: TrackedLink, public_url: str, secret: str) -> str:
    """Of the page that plays the video at the link's address."""
    return f"{_signed(link, public_url, secret, _VIDEO)}/video"


def _signed(link: TrackedLink, public_url: str, secret: str, audience: str) -> str:
    claims = {
        "sub": str(link.message_id),
        "url": link.url,
        "label": link.label,
        "at": str(int(link.written_at.timestamp())),
    }
    return f"{public_url.rstrip('/')}/v1/links/{sign_claims(claims, secret, audience, link.expires_at)}"


def read_tracked(token: str, secret: str, now: datetime, *, video: bool = False) -> TrackedLink:
    """What a token says; one of a video is no other link's. Raises LinkRefused and LinkExpired."""
    claims = read_claims(token, secret, _VIDEO if video else _AUDIENCE, ("url", "label", "at"), now)
    written_at, expires_at = (datetime.fromtimestamp(int(claims[name]), UTC) for name in ("at", "exp"))
    return TrackedLink(UUID(claims["sub"]), claims["url"], claims["label"], written_at, expires_at)


@dataclass(frozen=True, slots=True)
class Visit:
    """A request for a link: what it says of itself, how long after the letter, how many other links just before."""

    agent: str
    age_s: float
    others: int


_PROGRAMS = (
    "bot", "crawl", "spider", "scan", "preview", "proxy", "monitor", "curl", "wget", "python", "httpx", "java/",
    "okhttp", "go-http", "headless", "safelinks", "barracuda", "proofpoint", "mimecast", "ggpht",
)  # fmt: skip
SOON_S, BURST_S = 3.0, 1.0
"""No person reads a letter so soon after it was written, or follows two of its links within so short a time."""


def is_ahead(headers: Mapping[str, str]) -> bool:
    """Whether a browser fetches it before, and perhaps without, anybody following it."""
    names = ("sec-purpose", "purpose", "x-purpose", "x-moz")
    said = {part.strip().lower() for name in names for part in headers.get(name, "").split(";")}
    return not said.isdisjoint({"prefetch", "preview", "prerender"})


def judge(visit: Visit, kind: Visited) -> str:
    """By what a visit is held for a machine's; empty where nothing speaks for that. Pictures are fetched by the proxies
    of mail readers when a person opens the letter, so only that a proxy is soon tells.
    """
    agent = visit.agent.lower()
    if not agent:
        return "no_agent"
    program = next((each for each in _PROGRAMS if each in agent), None)
    if program and not (kind == "opened" and program in {"proxy", "ggpht"}):
        return "agent"
    if visit.age_s < SOON_S:
        return "soon"
    return "burst" if visit.others else ""
