"""The examples of docs/clients.md are parts of the programs that the tests run."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAMS = {
    "python": ("python/send.py", "python/receive.py"),
    "js": ("javascript/send.js", "javascript/receive.js"),
    "java": ("java/Send.java", "java/Receive.java"),
    "go": ("go/main.go", "go/main.go"),
}


def test_every_example_stands_in_a_program_that_is_run() -> None:
    text = (ROOT / "docs/clients.md").read_text("utf-8")
    examples = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert [language for language, _ in examples] == [language for language in PROGRAMS for _ in range(2)]
    for number, (language, example) in enumerate(examples):
        program = ROOT / "tests/interop" / PROGRAMS[language][number % 2]
        assert example in program.read_text("utf-8"), f"docs/clients.md: example {number + 1} is not in {program.name}"
