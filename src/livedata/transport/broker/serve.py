"""What a command line runs: a broker that stays until it is interrupted."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

from ...errors import TransportError
from .cluster import Broker, start_broker
from .progress import ProgressCallback, ignore


def serve(
    *,
    port: int = 9092,
    data: Path | str | None = None,
    nodes: int = 1,
    settings: Mapping[str, str] | None = None,
    progress: ProgressCallback = ignore,
    started: Callable[[Broker], None] = lambda _: None,
) -> None:
    """Start a broker, call `started` once it answers, and stay until Ctrl-C or SIGTERM; then end it in good order.

    Call it in the main thread. See `start_broker` for the arguments and errors.

    Raises
    ------
    TransportError
        If the broker ends by itself.
    """
    asked_to_end = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        asked_to_end.set()
        # A second Ctrl-C is for who waits for the end.
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGTERM, end)
    try:
        with start_broker(port=port, data=data, nodes=nodes, settings=settings, progress=progress) as broker:
            interrupt = signal.signal(signal.SIGINT, end)
            try:
                started(broker)
                while not asked_to_end.wait(0.5):
                    if len(broker.pids) < nodes:
                        raise TransportError(f"a node of {broker.url} has ended by itself; start the broker again")
            finally:
                signal.signal(signal.SIGINT, interrupt)
    finally:
        signal.signal(signal.SIGTERM, before)
