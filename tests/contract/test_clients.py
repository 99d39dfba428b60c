"""The examples of docs/clients.md are parts of the programs that the tests run."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAMS = {
    "python": ("python/send.py", "python/receive.py", "python/post.py"),
    "js": ("javascript/send.js", "javascript/receive.js", "javascript/post.js"),
    "java": ("java/Send.java", "java/Receive.java"),
    "go": ("go/main.go", "go/main.go"),
    "properties": ("connect/source.properties", "connect/sink.properties"),
}


def test_every_example_stands_in_a_program_that_is_run() -> None:
    text = (ROOT / "docs/clients.md").read_text("utf-8")
    examples = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    programs = [(language, name) for language, names in PROGRAMS.items() for name in names]
    assert [language for language, _ in examples] == [language for language, _ in programs]
    for number, ((_, example), (_, name)) in enumerate(zip(examples, programs, strict=True)):
        program = (ROOT / "tests/interop" / name).read_text("utf-8")
        assert example in program, f"docs/clients.md: example {number + 1} is not in {name}"
