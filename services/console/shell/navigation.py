"""The sections of the console, as the menu and the command palette list them."""

from dataclasses import dataclass

from services.console.shell.agent import Agent
from services.console.shell.rights import rights_of


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


@dataclass(frozen=True, slots=True)
class Section:
    """`key` is the second key after `g`, `under` are pages that belong to it."""

    path: str
    title: str
    icon: str
    key: str
    under: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether a page stands in this section."""
        own = (self.path, *self.under)
        return path in own or path.startswith(tuple(f"{each}/" for each in own if each != "/"))


@dataclass(frozen=True, slots=True)
class Place:
    """A page that the palette finds by its name, though it stands in no menu."""

    path: str
    title: str


_DESK = ("/agents", "/new/agent", "/queues", "/disputes", "/team", "/articles", "/new/article", "/replies",
         "/new/reply", "/views", "/new/view", "/acts", "/mails", "/backtests")  # fmt: skip
SECTIONS = (
    Section("/", _("Today"), "sun", "h"),
    Section("/parties", _("Customers"), "people", "c", under=("/duplicates", "/erasures", "/events", "/moves")),
    Section("/tickets", _("Tickets"), "chat", "t", under=_DESK),
    Section("/follow-ups", _("Follow-ups"), "check", "f", under=("/surveys",)),
    Section(
        "/campaigns", _("Campaigns"), "send", "m", under=("/segments", "/mailings", "/new/mailing", "/suppressions")
    ),
    Section(
        "/forecasts",
        _("Sales"),
        "chart",
        "s",
        under=("/warnings", "/frauds", "/trends", "/prices", "/reorders", "/models"),
    ),
    Section("/operations", _("Operations"), "gauge", "o"),
)
PLACES = (
    Place("/parties/new", _("New customer")),
    Place("/parties/incomplete", _("Incomplete records")),
    Place("/warnings", _("Warnings")),
    Place("/frauds", _("Frauds")),
    Place("/trends", _("Trends")),
    Place("/prices", _("Prices")),
    Place("/reorders", _("Orders of products")),
    Place("/models", _("Models")),
    Place("/segments", _("Segments")),
    Place("/mailings", _("Mailings")),
    Place("/new/mailing", _("New mailing")),
    Place("/suppressions", _("Who gets no letters")),
    Place("/backtests/routing", _("Try rules on past tickets")),
    Place("/backtests/promises", _("Try promises on past tickets")),
    Place("/duplicates", _("Possible duplicates")),
    Place("/duplicates/merges", _("Merges")),
    Place("/erasures", _("Erasures")),
    Place("/disputes", _("Disputes")),
    Place("/agents", _("Agents")),
    Place("/new/agent", _("New agent")),
    Place("/queues", _("Queues")),
    Place("/team", _("The team")),
    Place("/articles", _("Articles")),
    Place("/new/article", _("New article")),
    Place("/replies", _("Kept replies")),
    Place("/new/reply", _("New reply")),
    Place("/new/view", _("New view")),
    Place("/mails", _("Mails without a ticket")),
    Place("/surveys", _("Surveys")),
)


def sections_for(agent: Agent | None) -> list[Section]:
    """What an agent may open; nothing for a stranger."""
    return [each for each in SECTIONS if agent is not None and rights_of("GET", each.path) <= agent.scopes]


def places_for(agent: Agent | None) -> list[Place]:
    return [each for each in PLACES if agent is not None and rights_of("GET", each.path) <= agent.scopes]
