"""What every source is to the one who started it: a handle on a background thread that sends messages.

A source fills topics and knows nothing of those who read them. The thread is a daemon and holds the handle, so that
a source runs on when its handle is not kept; at the end of the interpreter all sources are stopped.
"""

from __future__ import annotations

import atexit
import html
import threading
import time
import weakref
from typing import Any, Literal, Self

from ..errors import ArgumentError, WaitTimeout
from ..streams.feed import Progress
from ..transport import Transport, open_transport
from .outbox import Outbox
from .pace import Pace

State = Literal["running", "paused", "finished", "stopped", "failed"]

STEP_S = 0.2
_live: weakref.WeakSet[Source] = weakref.WeakSet()
_by_purpose: weakref.WeakValueDictionary[tuple[str, ...], Source] = weakref.WeakValueDictionary()
_starting = threading.Lock()


class Source:
    """A running production. Made by `start_simulation` and `start_replay`.

    ``stop``, ``pause`` and ``resume`` act within 0.2 s; ``wait`` and ``stop(wait=True)`` block and can be interrupted.
    """

    def __init__(self, name: str, transport: Transport | str, factor: float | None) -> None:
        self.name = name
        self._owns_transport = isinstance(transport, str)
        self._transport = open_transport(transport) if isinstance(transport, str) else transport
        self._pace = Pace(factor)
        self._outbox: Outbox | None = None
        self._error: Exception | None = None
        self._ended = threading.Event()
        self._was_stopped = False
        self._thread = threading.Thread(target=self._work, name=f"livedata {name}", daemon=True)

    @property
    def url(self) -> str:
        """Where the messages go."""
        return self._transport.url

    @property
    def state(self) -> State:
        """What it is doing: running, paused, finished, stopped or failed."""
        if not self._ended.is_set():
            return "paused" if self._pace.is_paused else "running"
        if self._error is not None:
            return "failed"
        return "stopped" if self._was_stopped else "finished"

    @property
    def error(self) -> Exception | None:
        """What ended it, or what was not delivered; None while all is well."""
        return self._error

    @property
    def progress(self) -> Progress:
        """How far it has come."""
        raise NotImplementedError

    @property
    def lag_s(self) -> float:
        """How far it is behind its schedule, s; rises when the machine or the broker cannot keep up."""
        return self._pace.lag_s

    @property
    def delivered(self) -> int:
        """Messages that the broker confirmed."""
        return self._outbox.delivered if self._outbox else 0

    def pause(self) -> None:
        """Send nothing until `resume`; all that is to come is later by the length of the pause."""
        self._pace.pause()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._pace.resume()

    def stop(self, *, wait: bool = False) -> None:
        """End it; what was handed over is still delivered. Stopping twice does nothing.

        Parameters
        ----------
        wait
            Whether to return only when the thread has ended: some seconds if the broker does not answer.
        """
        if not self._ended.is_set():
            self._was_stopped = True
            self._pace.stop()
            # A send can wait on a full queue or for a recorder's room, for ever: it is given a second to come free.
            timer = threading.Timer(1.0, self._interrupt)
            timer.daemon = True
            timer.start()
        if wait:
            while not self._ended.wait(STEP_S):
                pass
            self._thread.join()

    def wait(self, timeout: float | None = None) -> Self:
        """Wait for the end, with a progress bar in a terminal, and return the handle.

        Parameters
        ----------
        timeout
            Longest time in s; without one, as long as it takes.

        Raises
        ------
        WaitTimeout
            If it has not ended by then; it goes on.
        LiveDataError
            What ended it, or what was not delivered.
        """
        if timeout is not None and timeout < 0:
            raise ArgumentError(f"timeout is {timeout!r}; expected seconds, 0 or more")
        from .bar import terminal_bar

        deadline = None if timeout is None else time.monotonic() + timeout
        with terminal_bar(self) as draw:
            while not self._ended.is_set():
                left = STEP_S if deadline is None else min(STEP_S, deadline - time.monotonic())
                if left <= 0:
                    raise WaitTimeout(f"{self!r} has not ended after {timeout:g} s; it goes on, .stop() ends it")
                self._ended.wait(left)
                draw()
        if self._error is not None:
            raise self._error
        return self

    def has_ended(self, timeout_s: float = 0.0) -> bool:
        """Wait at most `timeout_s` for the end; return whether it came."""
        return self._ended.wait(timeout_s)

    @property
    def alerts(self) -> list[str]:
        """What somebody should look at: a lag, a lost broker, messages that were not delivered, an error."""
        remarks = []
        if self.lag_s > 0.5 and self.state == "running":
            remarks.append(f"{self.lag_s:.1f} s behind its schedule")
        outbox = self._outbox
        if outbox is not None and not self._ended.is_set() and outbox.contact.is_lost:
            remarks.append(f"broker lost {(time.time_ns() - outbox.contact.lost_since_ns) / 1e9:.0f} s ago")
        if outbox is not None and outbox.failed:
            remarks.append(f"{outbox.failed} {'message' if outbox.failed == 1 else 'messages'} not delivered")
        if self._error is not None:
            remarks.append(str(self._error))
        return remarks

    def start(self, *purpose: str) -> Self:
        """Begin, after stopping what this process runs for the same purpose: a notebook's cell that is run again."""
        with _starting:
            before = _by_purpose.get((self.url, *purpose))
            if before is not None:
                before.stop(wait=True)
            _by_purpose[(self.url, *purpose)] = self
            _live.add(self)
            self._thread.start()
        return self

    def _interrupt(self) -> None:
        if not self._ended.is_set() and self._outbox is not None:
            self._outbox.interrupt()

    def _work(self) -> None:
        outbox: Outbox | None = None
        try:
            self._outbox = outbox = Outbox(self._transport.producer())
            self._pace.begin()
            try:
                self._produce(outbox)
                outbox.settle(lambda: self._pace.is_stopped)
            finally:
                outbox.abandon()
            outbox.check()
        except Exception as error:  # noqa: BLE001  (a background thread has nobody to raise to: wait() does)
            self._error = error
        finally:
            if outbox is not None:
                outbox.close()
            if self._owns_transport:
                self._transport.close()
            self._ended.set()

    def _produce(self, outbox: Outbox) -> None:
        """Send everything; return when done or stopped."""
        raise NotImplementedError

    def _facts(self) -> list[str]:
        """Return what it is, its state, how far it is, alerts."""
        p = self.progress
        share = f"{p.done:,} of {p.total:,} {p.unit}" if p.total else f"{p.done:,} {p.unit}"
        return [f"{self.name} -> {self.url}", self.state, share, *self.alerts]

    def __repr__(self) -> str:
        return f"<{', '.join(self._facts())}>"

    def _repr_html_(self) -> str:
        name, state, *rest = (html.escape(fact) for fact in self._facts())
        return f"<div><b>{name}</b> <i>{state}</i> {' · '.join(rest)}</div>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """Show a progress bar in a notebook; text and HTML stay for those that cannot."""
        from .bar import widget_bundle

        return {"text/plain": repr(self), "text/html": self._repr_html_(), **widget_bundle(self)}


def stop_all() -> None:
    """Stop every running source of this process, at most some seconds for all."""
    sources = [source for source in list(_live) if not source._ended.is_set()]
    for source in sources:
        source.stop()
    for source in sources:
        source._ended.wait(2.0)


atexit.register(stop_all)
