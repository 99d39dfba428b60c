"""`rapport`, the operators' command; also `python -m shared.operator`."""

from shared.operator.cli import app

if __name__ == "__main__":
    app(prog_name="rapport")
