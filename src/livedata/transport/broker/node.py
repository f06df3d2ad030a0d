"""One Kafka server as a child process: format its folder, start, end, and what its log says when it fails."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from ...errors import TransportError
from .guard import Guard
from .properties import Seat

_FLAGS = (
    "-Xms256m",
    "-Xmx768m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xshare:auto",
    "-XX:-UsePerfData",
    "-Djava.awt.headless=true",
)


class Node:
    """One server of a cluster. Made by `start_broker`."""

    def __init__(self, seat: Seat, java: str, jars: Sequence[Path], guard: Guard) -> None:
        self.seat = seat
        self._java = java
        self._class_path = os.pathsep.join(map(str, jars))
        self._guard = guard
        self._process: subprocess.Popen[bytes] | None = None
        self._is_frozen = False

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self.is_running and self._process else None

    @property
    def is_running(self) -> bool:
        """Whether the process is there, frozen or not."""
        return self._process is not None and self._process.poll() is None

    @property
    def log_file(self) -> Path:
        """What the server writes about itself."""
        return self.seat.folder / "server.log"

    def prepare(self, properties: str, cluster_id: str) -> None:
        """Write the settings, and format the folder unless it holds data already."""
        self.seat.folder.mkdir(parents=True, exist_ok=True)
        self._properties_file.write_text(properties, encoding="utf-8")
        if (self.seat.folder / "log" / "meta.properties").exists():
            return
        command = ("kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(self._properties_file))
        self._run_to_end(self._command("-Xmx256m", *command))

    def empty(self) -> None:
        """Forget all data, as after a lost disk."""
        shutil.rmtree(self.seat.folder / "log", ignore_errors=True)

    def start(self) -> None:
        """Start the server; it does not answer yet."""
        with self.log_file.open("ab") as log:
            # A session of its own: Ctrl-C is for us, and we end it in good order.
            self._process = subprocess.Popen(
                self._command(
                    *_FLAGS, f"-Dkafka.logs.dir={self.seat.folder}", "kafka.Kafka", str(self._properties_file)
                ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._guard.watch(self._process.pid)
        self._is_frozen = False

    def check(self) -> None:
        """Raise `TransportError` with the end of its log if the server has ended."""
        if not self.is_running:
            raise TransportError(f"the Kafka server at 127.0.0.1:{self.seat.port} ended at once: {self._last_words()}")

    def send(self, number: signal.Signals) -> None:
        """Send a signal if it runs."""
        if self.is_running and self._process:
            self._process.send_signal(number)

    def freeze(self) -> None:
        """Stop the process in its tracks; its connections stay open and silent."""
        self.send(signal.SIGSTOP)
        self._is_frozen = True

    def thaw(self) -> None:
        """Let it go on."""
        self.send(signal.SIGCONT)
        self._is_frozen = False

    def terminate(self) -> None:
        """Ask it to end."""
        if self._is_frozen:
            self.thaw()
        self.send(signal.SIGTERM)

    def reap(self, deadline: float) -> None:
        """Wait for its end until a `time.monotonic` deadline, then kill it."""
        process = self._process
        if process is None:
            return
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(deadline - time.monotonic(), 0))
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            self._guard.forget(process.pid)
            self._process = None

    @property
    def _properties_file(self) -> Path:
        return self.seat.folder / "server.properties"

    def _command(self, *arguments: str) -> list[str]:
        return [self._java, "-cp", self._class_path, *arguments]

    def _run_to_end(self, command: list[str]) -> None:
        with self.log_file.open("ab") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
            self._guard.watch(process.pid)
            try:
                code = process.wait(120)
            except BaseException:
                process.kill()
                process.wait()
                raise
            finally:
                self._guard.forget(process.pid)
        if code != 0:
            raise TransportError(f"Kafka could not format {self.seat.folder}: {self._last_words()}")

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()
            telling = [line for line in lines if "ERROR" in line or "Exception" in line or "Error" in line]
            return " / ".join((telling or lines)[-3:])[-1000:]
        return "it left no log"
