"""Marketing's definitions and place, as the commands about campaigns, mailings and segments have them."""

from pathlib import Path

from shared.errors import ConfigurationError
from tools.rapport.over_http import Answer, service_at

_TEMPLATES = "templates"


def draft_of(file: Path) -> Answer:
    """A file with its templates, as marketing takes it. Raises ConfigurationError where it cannot be read."""
    try:
        parts = [each for kind in ("*.txt", "*.mjml") for each in (file.parent / _TEMPLATES).glob(kind)]
        found = {path.name: path.read_text("utf-8") for path in sorted(parts)}
        return {"file": str(file)[-200:], "text": file.read_text("utf-8"), "templates": found}
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file} or one of its templates is no UTF-8") from None


def marketing_at(url: str | None, folder: Path | None) -> str:
    """Raises ConfigurationError where nobody says where marketing is."""
    return service_at("marketing", url, folder)
