"""A recorder in another process, as seen from the one that started it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import IO, Any

from ..errors import RecordingError
from .patience import wait_in_steps
from .spec import RecorderSpec
from .status import ENDED, RecorderStatus


class RemoteMachine:
    """Starts the recorder process and follows it; the same face as `RecorderMachine`."""

    def __init__(self, broker: dict[str, Any], spec: RecorderSpec) -> None:
        self.spec = spec
        self._broker = broker
        self._status = RecorderStatus()
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._complaints: IO[bytes] | None = None

    def start(self) -> None:
        """Start the process. Its pipe is the thread it hangs on: when this process ends, it finishes by itself."""
        environment = dict(os.environ)
        home = str(Path(__file__).resolve().parents[2])
        environment["PYTHONPATH"] = os.pathsep.join([home, *filter(None, [environment.get("PYTHONPATH")])])
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the thread that follows the process
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "livedata.nexus.recorder_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
                env=environment,
                text=True,
                encoding="utf-8",
                start_new_session=True,
            )
        except OSError as error:
            raise RecordingError(f"the recorder process did not start: {error}") from None
        self._say(json.dumps({"broker": self._broker, "spec": self.spec.to_json()}))
        threading.Thread(target=self._follow, name="livedata-recorder-status", daemon=True).start()

    @property
    def pid(self) -> int:
        """Process id of the recorder."""
        return self._process.pid if self._process is not None else 0

    @property
    def status(self) -> RecorderStatus:
        """What it said last."""
        return self._status

    def stop(self) -> None:
        """Ask it to finish. Returns at once."""
        self._say("stop")

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait in small steps until it has ended; return whether it has."""
        return wait_in_steps(self._ended, timeout_s)

    def _say(self, line: str) -> None:
        process = self._process
        if process is None or process.stdin is None:
            return
        with self._lock:
            try:
                process.stdin.write(line + "\n")
                process.stdin.flush()
            except (BrokenPipeError, ValueError, OSError):
                return  # it has ended; its last status, or the lack of one, tells why

    def _follow(self) -> None:
        process = self._process
        assert process is not None
        assert process.stdout is not None
        for line in process.stdout:
            try:
                self._status = RecorderStatus.from_json(json.loads(line))
            except (ValueError, KeyError, TypeError):
                continue
            if self._status.state in ENDED:
                self._ended.set()
        process.stdout.close()
        code = process.wait()
        with self._lock:
            if process.stdin is not None:
                with contextlib.suppress(OSError):
                    process.stdin.close()
        if self._status.state not in ENDED:
            self._status = RecorderStatus(state="failed", extent=self._status.extent, error=self._epitaph(code))
        if self._complaints is not None:
            self._complaints.close()
        self._ended.set()

    def _epitaph(self, code: int) -> str:
        why = f"by signal {-code}" if code < 0 else f"with code {code}"
        last = ""
        if self._complaints is not None:
            self._complaints.seek(0)
            lines = self._complaints.read().decode("utf-8", "replace").strip().splitlines()
            last = f" ({lines[-1][:300]})" if lines else ""
            for value in self._broker["settings"].values():
                last = last.replace(str(value), "***") if len(str(value)) > 3 else last
        partial = self.spec.place.partial
        return f"{self.spec.place.final}: the recorder process ended {why}{last}; what it wrote is at {partial}"
