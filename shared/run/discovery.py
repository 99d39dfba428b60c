"""The services of this checkout or image. Found by name, since nothing shared may import a service."""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from shared.engine.subscription import Subscription
from shared.errors import ConfigurationError
from shared.settings import read_group

SERVICES = ("contacts", "marketing", "support", "forecasting")


def subscriptions_of(service: str) -> list[Subscription]:
    """The subscriptions of a service with their handlers, by group. Raises ConfigurationError where it is not here."""
    _module(service, "handlers")
    module = _module(service, "subscriptions")
    found = [value for value in vars(module).values() if isinstance(value, Subscription)]
    return sorted(found, key=lambda subscription: subscription.group)


def context_of(service: str) -> object:
    """What handlers of a service find as `tx.context`: what `create_context` in its `main` makes of its own settings.

    None where its `main` has no such function. Raises ConfigurationError as `subscriptions_of` does.
    """
    create = getattr(_module(service, "main"), "create_context", None)
    return None if create is None else create(read_group(_module(service, "settings").Settings, service))


def _module(service: str, name: str) -> ModuleType:
    if find_spec(f"services.{service}") is None:
        raise ConfigurationError(
            f"the code of {service} is not here: run this from a checkout or from {service}'s image"
        )
    try:
        return import_module(f"services.{service}.{name}")
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"{service} needs {error.name}: install its requirements") from None
