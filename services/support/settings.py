"""Settings of support; it has none of its own yet."""

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Frozen; built once in create_app."""
