"""A tiny process that ends our brokers and removes their temporary folder when this process is gone, however it went.

A death signal set on the child would fire already when the thread that started it ends, and exists on Linux alone.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

# Reads "+PID", "-PID" and "rm FOLDER" lines; the end of its input, or a new parent, means that we are gone.
_SCRIPT = """
import os, select, shutil, signal, sys, time
parent, pids, folders, rest = os.getppid(), set(), [], b""
while os.getppid() == parent:
    if not select.select([0], [], [], 1.0)[0]:
        continue
    data = os.read(0, 65536)
    if not data:
        break
    *lines, rest = (rest + data).split(b"\\n")
    for line in lines:
        word = os.fsdecode(line)
        if word == "bye":
            sys.exit(0)
        elif word[:1] == "+":
            pids.add(int(word[1:]))
        elif word[:1] == "-":
            pids.discard(int(word[1:]))
        else:
            folders.append(word[3:])
def send(pid, number):
    try:
        os.kill(pid, number)
        return True
    except OSError:
        return False
for pid in pids:
    send(pid, signal.SIGCONT), send(pid, signal.SIGTERM)
end = time.monotonic() + 10
while time.monotonic() < end and any([send(pid, 0) for pid in pids]):
    time.sleep(0.1)
for pid in pids:
    send(pid, signal.SIGKILL)
for folder in folders:
    shutil.rmtree(folder, ignore_errors=True)
"""


class Guard:
    """The guarding process. Not touched by Ctrl-C in the terminal: it has a session of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def watch(self, pid: int) -> None:
        """End this process if we do not."""
        self._tell(f"+{pid}")

    def forget(self, pid: int) -> None:
        """The process has ended."""
        self._tell(f"-{pid}")

    def remove(self, folder: Path) -> None:
        """Remove this folder if we do not."""
        self._tell(f"rm {folder}")

    def dismiss(self) -> None:
        """All is done in good order; end."""
        self._tell("bye")
        stdin = self._process.stdin
        if stdin is not None and not stdin.closed:
            stdin.close()
        try:
            self._process.wait(5.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _tell(self, line: str) -> None:
        stdin = self._process.stdin
        if stdin is None or stdin.closed:
            return
        try:
            stdin.write(f"{line}\n".encode())
            stdin.flush()
        except BrokenPipeError:
            return  # somebody ended the guard; the brokers can still be stopped by us
