"""Secrets from files: the folder `RAPPORT_SECRETS_DIR` has a file per variable, named like it in lower case."""

import os
from pathlib import Path

from shared.errors import ConfigurationError


def read_secrets() -> dict[str, str]:
    """What the files hold, by name, without white space around it; nothing if the variable is not set."""
    folder = os.environ.get("RAPPORT_SECRETS_DIR")
    if not folder:
        return {}
    if not Path(folder).is_dir():
        raise ConfigurationError(f"RAPPORT_SECRETS_DIR names {folder}, which is not a folder")
    # Kubernetes keeps the versions of a mounted secret in folders whose names start with a dot.
    files = (file for file in Path(folder).iterdir() if file.is_file() and not file.name.startswith("."))
    return {file.name.lower(): file.read_text(encoding="utf-8").strip() for file in files}
