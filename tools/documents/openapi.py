"""The HTTP side of each service as OpenAPI, from its application.

`python -m tools.documents.openapi OUT` does the work in a process of its own: an application sets the logging of its
process up and reads its environment.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from shared.errors import ConfigurationError
from shared.run.discovery import SERVICES, create_app

ROOT = Path(__file__).resolve().parent.parent.parent
# Nothing of it is used: an application connects when it is started, and this one never is.
ENVIRONMENT = {
    "RAPPORT_KAFKA__BROKERS": "127.0.0.1:9092",
    "RAPPORT_DATABASE__DSN": "postgresql://nobody@127.0.0.1/nothing",
    "RAPPORT_AUTH__MODE": "off",
}


def openapi_documents() -> dict[str, dict[str, Any]]:
    """A document per service. Takes some seconds; raises ConfigurationError where a service cannot be loaded."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAPPORT_")}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "openapi.json")
        done = subprocess.run(
            [sys.executable, "-m", __name__, str(out)],
            cwd=ROOT,
            env={**environment, **ENVIRONMENT},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ConfigurationError(f"the services cannot be loaded: {done.stderr.strip().splitlines()[-1]}")
        documents: dict[str, dict[str, Any]] = json.loads(out.read_text("utf-8"))
        return documents


def main(out: str) -> None:
    apps = {service: create_app(service) for service in SERVICES}
    Path(out).write_text(json.dumps({service: app.openapi() for service, app in apps.items()}), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
