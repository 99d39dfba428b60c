"""Reads what came of a campaign, by the type that it is."""

from services.marketing.catalogue import commands as catalogue
from services.marketing.catalogue.domain.content_type import videos_of
from services.marketing.measures import store
from services.marketing.measures.schemas import Measures
from shared.engine.transaction import Transaction


async def measure(tx: Transaction, name: str) -> Measures:
    """By the type of the newest version. Nothing where nothing came back, also of a campaign that there is not."""
    measures = await store.load_measures(tx, name)
    newest = await catalogue.find_newest(tx, name)
    if newest is None:
        return Measures(campaign=name, type=None, sent=0, measures=measures)
    type_, definition = newest
    found = Measures(campaign=name, type=type_, sent=await store.count_sent(tx, name), measures=measures)
    match type_:
        case "announcement" | "newsletter":
            found.letters = await store.count_letters(tx, name)
        case "survey":
            found.surveys = await store.count_replies(tx, name)
        case "video":
            found.videos = await store.count_watched(tx, name, videos_of(definition))
        case "tutorial":
            found.tutorial = await store.count_steps(tx, name, definition.tutorial)
    return found
