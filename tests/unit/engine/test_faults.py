"""A point ends or stops its process where the environment says so, and nowhere else."""

import os
import signal
import subprocess
import sys

import pytest

PASSES = "from shared.engine import faults\nfor n in range(5): print(n, flush=True); faults.point('a.b')"


@pytest.mark.parametrize(
    ("armed", "passed"),
    [("", 5), ("other:kill@1", 5), ("a.b:kill@9", 5), ("a.b", 1), ("a.b:kill@3", 3), ("other:kill@1,a.b:kill@2", 2)],
)
def test_a_process_dies_at_the_pass_that_is_named(armed: str, passed: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PASSES],
        env={**os.environ, "RAPPORT_FAULT": armed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == [str(number) for number in range(passed)]
    assert done.returncode == (0 if passed == 5 else -signal.SIGKILL)


def test_a_process_stands_still_at_the_pass_that_is_named_until_it_is_let_go_on() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", PASSES],
        env={**os.environ, "RAPPORT_FAULT": "a.b:stop@3"},
        stdout=subprocess.PIPE,
        text=True,
    )
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    process.send_signal(signal.SIGCONT)
    passed, _ = process.communicate()
    assert (passed.split(), process.returncode) == ([*"01234"], 0)
