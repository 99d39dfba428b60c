"""`rapport`, the operators' command; also `python -m tools.rapport`."""

from tools.rapport.cli import app

if __name__ == "__main__":
    app(prog_name="rapport")
