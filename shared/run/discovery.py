"""The services of this checkout or image: the folders of services/ that have a `main.py`.

Those with `subscriptions.py` hear topics and keep facts in a database of their own. The others are fronts: they show
what the services say over HTTP, and keep nothing.

Nothing shared may import a service, and nothing outside a service's folder lists it by name. This module alone loads
services by their names, and says what each module of a service offers.
"""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from fastapi import FastAPI

from shared.engine.recovery import Recovery
from shared.engine.subscription import Subscription
from shared.errors import ConfigurationError
from shared.settings import Group, ProcessSettings, read_group


def _find_folders() -> list[Path]:
    package = find_spec("services")
    folders = package.submodule_search_locations if package is not None else None
    return sorted(main.parent for folder in folders or () for main in Path(folder).glob("*/main.py"))


def _hears(folder: Path) -> bool:
    return (folder / "subscriptions.py").is_file()


SERVICES = tuple(folder.name for folder in _find_folders() if _hears(folder))
FRONTS = tuple(folder.name for folder in _find_folders() if not _hears(folder))
ALL = (*FRONTS, *SERVICES)


def create_app(service: str) -> FastAPI:
    app: FastAPI = _module(service, "main").create_app()
    return app


def settings_of(service: str) -> type[ProcessSettings]:
    settings: type[ProcessSettings] = _module(service, "settings").Settings
    return settings


def port_of(service: str) -> int:
    port: int = settings_of(service).model_fields["http"].get_default(call_default_factory=True).port
    return port


def shown_by(front: str) -> list[str]:
    """The services whose address a front asks for, in the group of its settings that has its name."""
    group = settings_of(front).model_fields[front].annotation
    fields = group.model_fields if isinstance(group, type) and issubclass(group, Group) else {}
    return [service for service in SERVICES if service in fields]


def subscriptions_of(service: str) -> list[Subscription]:
    """The subscriptions of a service with their handlers, by group. Raises ConfigurationError where it is not here."""
    _module(service, "handlers")
    module = _module(service, "subscriptions")
    found = [value for value in vars(module).values() if isinstance(value, Subscription)]
    return sorted(found, key=lambda subscription: subscription.group)


def recovery_of(service: str) -> Recovery | None:
    """What a service takes back from its own topics after a restore, if it takes back anything of its own."""
    _module(service, "handlers")
    found = [value for value in vars(_module(service, "subscriptions")).values() if isinstance(value, Recovery)]
    return found[0] if found else None


def context_of(service: str) -> object:
    """What handlers of a service find as `tx.context`: what `create_context` in its `main` makes of its own settings.

    None where its `main` has no such function. Raises ConfigurationError as `subscriptions_of` does.
    """
    create = getattr(_module(service, "main"), "create_context", None)
    return None if create is None else create(read_group(settings_of(service), service))


def _module(service: str, name: str) -> ModuleType:
    if find_spec(f"services.{service}") is None:
        raise ConfigurationError(
            f"the code of {service} is not here: run this from a checkout or from {service}'s image"
        )
    try:
        return import_module(f"services.{service}.{name}")
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"{service} needs {error.name}: install its requirements") from None
