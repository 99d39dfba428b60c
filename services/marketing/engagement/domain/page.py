"""The page that plays a video, in its reader's language. Without its script it plays, and tells nothing."""

from collections.abc import Mapping
from html import escape

from services.marketing.catalogue.content.links import origin_of
from shared.http.forms import HEADERS, Language, form_page, policy_of

_WORDS: Mapping[Language, tuple[str, str]] = {
    "en": ("Video", "Open the video by itself"),
    "da": ("Video", "Åbn videoen for sig selv"),
}


def play(url: str, language: Language) -> str:
    title, alone = _WORDS[language]
    address = escape(url)
    shown = (
        f'<video controls playsinline preload="metadata" src="{address}"></video>'
        f'<p><a href="{address}">{alone}</a></p><script src="../video.js" defer></script>'
    )
    return form_page(title, shown, language)


def headers_of(url: str) -> Mapping[str, str]:
    """It loads its script, tells this service, and plays from where the video is."""
    allowed = ("script-src 'self'", "connect-src 'self'", f"media-src {origin_of(url)}", "form-action 'none'")
    return {**HEADERS, "Content-Security-Policy": policy_of(*allowed)}
