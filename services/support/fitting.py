"""Fits a model in a process of its own: examples come in as JSON, the model goes out as bytes.

Its service ends it by killing it; nothing of it is kept.
"""

import os
import sys

from pydantic import TypeAdapter

from services.support.classifier import Example, fit

EXAMPLES = TypeAdapter(list[Example])
_NICENESS = 5


def main() -> None:
    os.nice(_NICENESS)
    examples = EXAMPLES.validate_json(sys.stdin.buffer.read())
    sys.stdout.buffer.write(fit(examples).dump())


if __name__ == "__main__":
    main()
