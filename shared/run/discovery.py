"""The services of this checkout or image. Found by name, since nothing shared may import a service."""

from importlib import import_module
from importlib.util import find_spec

from shared.engine.subscription import Subscription
from shared.errors import ConfigurationError

SERVICES = ("contacts", "marketing", "support", "forecasting")


def subscriptions_of(service: str) -> list[Subscription]:
    """The subscriptions of a service with their handlers, by group. Raises ConfigurationError where it is not here."""
    if find_spec(f"services.{service}") is None:
        raise ConfigurationError(
            f"the code of {service} is not here: run this from a checkout or from {service}'s image"
        )
    try:
        import_module(f"services.{service}.handlers")
        module = import_module(f"services.{service}.subscriptions")
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"{service} needs {error.name}: install its requirements") from None
    found = [value for value in vars(module).values() if isinstance(value, Subscription)]
    return sorted(found, key=lambda subscription: subscription.group)
