"""The sections of the console, as the menu and the command palette list them."""

from dataclasses import dataclass

from services.console.shell.agent import Agent


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


@dataclass(frozen=True, slots=True)
class Section:
    """`key` is the second key after `g`; `scope` what an agent needs to see it."""

    path: str
    title: str
    icon: str
    key: str
    scope: str = "crm:read"

    def holds(self, path: str) -> bool:
        """Whether a page stands in this section."""
        return path == self.path or (self.path != "/" and path.startswith(f"{self.path}/"))


SECTIONS = (
    Section("/", _("Today"), "sun", "h"),
    Section("/parties", _("Customers"), "people", "c"),
    Section("/tickets", _("Tickets"), "chat", "t"),
    Section("/follow-ups", _("Follow-ups"), "check", "f"),
    Section("/campaigns", _("Campaigns"), "send", "m"),
    Section("/forecasts", _("Sales"), "chart", "s"),
    Section("/operations", _("Operations"), "gauge", "o", "crm:admin"),
)


def sections_for(agent: Agent | None) -> list[Section]:
    """What an agent may open; nothing for a stranger."""
    return [section for section in SECTIONS if agent is not None and section.scope in agent.scopes]
