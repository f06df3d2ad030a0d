"""Blocking calls of the C client, made so that Ctrl-C gets through."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")


class _Call(Generic[Answer]):
    def __init__(self, ask: Callable[[], Answer]) -> None:
        self.answer: Answer | None = None
        self.error: Exception | None = None
        self.done = threading.Event()
        self._ask = ask

    def run(self) -> None:
        try:
            self.answer = self._ask()
        except Exception as error:  # noqa: BLE001  (handed to the waiting thread)
            self.error = error
        finally:
            self.done.set()


def interruptible(ask: Callable[[], Answer]) -> Answer:
    """Make a call that ends by its own time-out in a thread, and wait for it in steps that an interrupt can end."""
    call = _Call(ask)
    threading.Thread(target=call.run, name="livedata-kafka-request", daemon=True).start()
    while not call.done.wait(0.1):
        pass
    if call.error is not None:
        raise call.error
    return call.answer  # type: ignore[return-value]
