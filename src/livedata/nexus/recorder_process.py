"""The recorder as a process of its own: what to record as one JSON line on stdin, its status as JSON lines on stdout.

A busy kernel cannot slow it down, and it outlives the kernel by just as long as it takes to finish the file: when
stdin ends, whoever started it is gone, and it stops. Credentials come through stdin and are never shown.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading

from ..errors import LiveDataError
from ..transport.address import Address
from ..transport.opening import open_transport
from .machine import RecorderMachine
from .spec import RecorderSpec
from .status import ENDED, RecorderStatus

TELL_S = 0.2


def main() -> int:
    """Record as told; return the exit code."""
    # Ctrl-C in a terminal goes to all its processes; whoever started this one decides when it stops.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    line = sys.stdin.readline()
    if not line.strip():
        return 2
    told = json.loads(line)
    spec = RecorderSpec.from_json(told["spec"])
    out = _Teller()
    try:
        transport = open_transport(Address("kafka", told["broker"]["name"], told["broker"]["settings"]))
    except LiveDataError as error:
        out.tell(RecorderStatus(state="failed", error=str(error)))
        return 1
    machine = RecorderMachine(transport, spec)
    signal.signal(signal.SIGTERM, lambda *_: machine.stop())
    threading.Thread(target=_listen, args=(machine,), name="livedata-recorder-stdin", daemon=True).start()
    machine.start()
    while not machine.wait(TELL_S):
        out.tell(machine.status)
    out.tell(machine.status)
    transport.close()
    return 0 if machine.status.state == ENDED[0] else 1


def _listen(machine: RecorderMachine) -> None:
    """Stop at the word, or when nobody is there any more to say it."""
    for line in sys.stdin:
        if line.strip() == "stop":
            machine.stop()
    machine.stop()


class _Teller:
    """Writes statuses to stdout; a reader that has gone is no reason to stop recording."""

    def __init__(self) -> None:
        self._is_heard = True
        # Anything that a library prints must not get between the lines.
        self._out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def tell(self, status: RecorderStatus) -> None:
        if not self._is_heard:
            return
        try:
            json.dump(status.to_json(), self._out)
            self._out.write("\n")
            self._out.flush()
        except (BrokenPipeError, OSError):
            self._is_heard = False
            with contextlib.suppress(OSError):
                self._out.close()


if __name__ == "__main__":
    code = main()
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    # HDF5 would try to flush a file on a full disc once more, and complain.
    os._exit(code)
