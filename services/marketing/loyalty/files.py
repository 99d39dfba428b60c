"""The loyalty programme as a file: read and checked at start."""

from pathlib import Path

from services.marketing.catalogue.domain.reading import Source, Unreadable, read_model
from services.marketing.loyalty.domain.programme import Programme
from shared.errors import ConfigurationError


def load_programme(file: Path | None) -> Programme | None:
    """None where none is named. Raises ConfigurationError that names the file, the line and each field."""
    if file is None:
        return None
    try:
        return read_model(Source(str(file), file.read_text(encoding="utf-8"), {}), Programme)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read: {' '.join(str(error).split())}") from None
    except Unreadable as error:
        raise ConfigurationError(str(error)) from None
