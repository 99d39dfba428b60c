"""A child process with its log: started, watched, stopped, and never left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from deploy.errors import StartError

ROOT = Path(__file__).resolve().parents[2]
_LAUNCH = str(Path(__file__).with_name("launch.py"))
# The kernel ends a child with the *thread* that started it, and threads of an event loop end with the loop.
_spawner = ThreadPoolExecutor(1, thread_name_prefix="spawner")


class Child:
    """One program at a time; may be started again after it ended. Methods block and may be called from any thread."""

    def __init__(
        self, name: str, log: Path, *, stop_signal: signal.Signals = signal.SIGTERM, unprivileged: Path | None = None
    ) -> None:
        self.name = name
        self.log = log
        self._stop_signal = stop_signal
        self._privilege = f"unprivileged={unprivileged}" if unprivileged else "plain"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self.is_alive() else None

    @property
    def status(self) -> int | None:
        """Exit status of the last run (negative: the signal that ended it), None while it runs or before the first."""
        return self._process.poll() if self._process else None

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def listens_on(self, port: int) -> bool:
        """Whether it is this process, and not another that was quicker, that takes connections there."""
        try:
            sockets = psutil.Process(self.pid).net_connections("tcp") if self.pid is not None else []
        except psutil.NoSuchProcess:
            return False
        return any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in sockets)

    def start(self, command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
        """Starts it with its output appended to the log. Its own session keeps the terminal's Ctrl-C away from it."""
        if self.is_alive():
            raise RuntimeError(f"{self.name} runs already")
        launch = (sys.executable, "-I", "-S", _LAUNCH, os.getpid(), int(self._stop_signal), self._privilege)
        arguments = [str(part) for part in (*launch, *command)]
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            spawn = _spawner.submit(
                subprocess.Popen,
                arguments,
                env=dict(environment),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._process = spawn.result()

    def wait_ready(self, is_ready: Callable[[], bool], within: float, every: float = 0.02) -> None:
        """Asks `is_ready` every so many seconds and returns when it holds.

        Raises StartError when the program ends first or `within` seconds pass.
        """
        deadline = time.monotonic() + within
        while not is_ready():
            if not self.is_alive():
                raise StartError(f"{self.name} ended with status {self.status} while starting.\n{self.end_of_log()}")
            if time.monotonic() > deadline:
                raise StartError(f"{self.name} was not ready within {within:.0f} s.\n{self.end_of_log()}")
            time.sleep(every)

    def wait(self) -> int:
        """Its exit status, when it has ended by itself."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was never started")
        return self._process.wait()

    def stop(self, within: float = 30) -> None:
        """Asks it to end and kills it if it has not after `within` seconds."""
        if self._process is None or not self.is_alive():
            return
        self._process.send_signal(signal.SIGCONT)  # a stopped process would not hear the next one
        self._process.send_signal(self._stop_signal)
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL, and waits until it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def suspend(self) -> None:
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is None or not self.is_alive():
            raise RuntimeError(f"{self.name} does not run")
        self._process.send_signal(number)

    def end_of_log(self, lines: int = 15) -> str:
        """The last lines of its log, for a message to the person who started it."""
        if not self.log.exists():
            return f"It wrote nothing to {self.log}."
        text = self.log.read_text("utf-8", "replace").splitlines()
        return "\n".join([f"The end of {self.log}:", *(f"  {line}" for line in text[-lines:])])
