"""Child processes of the demo: started apart from the terminal, ended by their own id, in two
steps."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

STOP_S = 8.0


class Child:
    """One process whose output goes to a file."""

    def __init__(self, words: Sequence[str], log: Path, ends_with_input: bool = False) -> None:
        self.log = log
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.PIPE if ends_with_input else subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                # Ctrl-C at the terminal is for the demo, which then ends its children in order.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Ask it to end (SIGTERM); end it with SIGKILL when it takes longer than STOP_S."""
        if self.running:
            self._process.terminate()
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._reap()

    def kill(self) -> None:
        """End it at once (SIGKILL)."""
        if self.running:
            self._process.kill()
        self._reap()

    def log_tail(self, lines: int = 12) -> str:
        """Return the last lines it wrote."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def _reap(self) -> None:
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
