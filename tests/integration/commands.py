"""Commands of `rapport`, one after another in one process: the lists of arguments come in as JSON, and so does the exit
status of each with what it wrote go out.
"""

import json
import sys

from typer.testing import CliRunner

from tools.rapport.cli import app

if __name__ == "__main__":
    ran = [CliRunner().invoke(app, arguments, catch_exceptions=False) for arguments in json.load(sys.stdin)]
    json.dump([(each.exit_code, each.stdout, each.stderr) for each in ran], sys.stdout)
