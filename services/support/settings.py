"""Settings of support; it has none of its own yet."""

from shared.settings import HttpSettings, ServiceSettings


class Settings(ServiceSettings):
    """Frozen; built once in create_app."""

    http: HttpSettings = HttpSettings(port=8103)
