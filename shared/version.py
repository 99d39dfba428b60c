"""Which version this is; images hold no pyproject.toml to read it from, and a test compares the two."""

VERSION = "0.1.0"
