"""The page by which a reader chooses, in their language."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from hashlib import sha256
from html import escape
from itertools import groupby, islice

from services.marketing.preferences.domain.choice import USUAL, Place
from shared.events.consent import EVERY_TOPIC
from shared.http.forms import Language, form_page

_MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class _Words:
    """All that the page says in one language; `channels` are in the order of `_CHANNELS`."""

    title: str
    choose: str
    everything: str
    everything_else: str
    save: str
    nothing: str
    saved: str
    ended: str
    empty: str
    channels: tuple[str, ...]

    @property
    def version(self) -> str:
        """By which a consent says what its giver had read."""
        return f"preferences-{sha256(repr(astuple(self)).encode()).hexdigest()[:12]}"


_CHANNELS = ("email", "sms", "social", "phone", "mailing", "chat", "web", "in_person")
_WORDS: Mapping[Language, _Words] = {
    "en": _Words(
        "What you get from us",
        "Choose what we may send you, and how.",
        "News and offers",
        "All other news and offers",
        "Save",
        "Send me nothing more",
        "Your choices are saved.",
        "We send you nothing more.",
        "There is nothing to choose.",
        (
            "By e-mail",
            "By text message",
            "On social media",
            "By phone",
            "By post",
            "By chat",
            "On our website",
            "In person",
        ),
    ),
    "da": _Words(
        "Det får du fra os",
        "Vælg, hvad vi må sende dig, og hvordan.",
        "Nyheder og tilbud",
        "Alle andre nyheder og tilbud",
        "Gem",
        "Send mig ikke mere",
        "Dine valg er gemt.",
        "Vi sender dig ikke mere.",
        "Der er ikke noget at vælge.",
        (
            "På e-mail",
            "På sms",
            "På sociale medier",
            "På telefon",
            "Med posten",
            "I chatten",
            "På vores hjemmeside",
            "Personligt",
        ),
    ),
}


def text_version(language: Language) -> str:
    return _WORDS[language].version


def write_page(language: Language, places: Mapping[Place, bool], *, saved: bool = False, ended: bool = False) -> str:
    """A box for each place, in a group for each channel; topics are escaped, since anybody may have named them."""
    words = _WORDS[language]
    said = words.ended if ended else words.saved if saved else ""
    status = f'<p role="status"><strong>{said}</strong></p>' if said else ""
    shown = dict(islice(places.items(), _MOST_SHOWN))
    if not shown:
        return form_page(words.title, f"{status}<p>{words.empty}</p>", language)
    by_channel = sorted(shown, key=lambda place: _CHANNELS.index(place.channel))
    groups = "".join(
        _group(words, _CHANNELS.index(channel), {place: shown[place] for place in places_of_channel})
        for channel, places_of_channel in groupby(by_channel, key=lambda place: place.channel)
    )
    buttons = (
        f'<button name="act" value="save">{words.save}</button>'
        f'<button name="act" value="nothing">{words.nothing}</button>'
    )
    form = f'<form method="post">{groups}{buttons}</form>'
    return form_page(words.title, f"{status}<p>{words.choose}</p>{form}", language)


def _group(words: _Words, channel: int, places: Mapping[Place, bool]) -> str:
    boxes = "".join(_box(_label(words, place, alone=len(places) == 1), place, on=on) for place, on in places.items())
    return f"<fieldset><legend>{words.channels[channel]}</legend>{boxes}</fieldset>"


def _label(words: _Words, place: Place, *, alone: bool) -> str:
    topic = place.topic
    if topic == EVERY_TOPIC:
        topic = words.everything if alone else words.everything_else
    return topic if place.purpose == USUAL else f"{topic} ({place.purpose})"


def _box(label: str, place: Place, *, on: bool) -> str:
    checked = " checked" if on else ""
    return (
        f'<input type="hidden" name="shown" value="{place.mark}"><label>'
        f'<input type="checkbox" name="chosen" value="{place.mark}"{checked}>{escape(label)}</label>'
    )
