"""How reports of providers are read, a file for each."""

from pathlib import Path

import yaml

from services.marketing.engagement.domain.mapping import Provider

_FOLDER = Path(__file__).with_name("providers")


def load_provider(name: str) -> Provider:
    """Of those whose names the settings know."""
    return Provider.model_validate(yaml.safe_load((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")))
