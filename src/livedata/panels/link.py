"""The wire between one panel and its browser: whole frames out, small answers and wishes back.

A frame is one patch with everything that changed, so that picture, scale and number change together. What the browser
sends back never touches the document: a callback may run on any thread, so it only notes what was wished.
"""

from __future__ import annotations

import contextlib
import contextvars
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from bokeh.models import ColumnDataSource, CustomJS, LayoutDOM, Model
from bokeh.protocol import Protocol
from jupyter_bokeh import BokehModel

from .pace import Pace

# Two animation frames: the first may come before the picture is painted, the second comes after it. And a clock that
# runs in the page, because a kernel that hangs cannot say so: nobody shall take an old picture for a live one.
_ANSWER = """
const page = ack.page ?? (ack.page = String(Math.random()).slice(2));
const [number, is_live] = ping.tags;
ack.heard = Date.now();
ack.is_live = is_live;
if (note && note.visible) note.visible = false;
if (note && !ack.clock) ack.clock = setInterval(() => {
  if (!Bokeh.index.find_one(note)?.plot_view.el.isConnected) { clearInterval(ack.clock); ack.clock = null; return }
  const silent = Math.floor((Date.now() - ack.heard) / 1000);
  if (ack.is_live && silent >= SILENCE) { note.text = ` no news from the kernel for ${silent} s `; note.visible = true }
}, 1000);
requestAnimationFrame(() => requestAnimationFrame(() => {
  try { ack.tags = [number, page] } catch (e) { if (ack.clock) clearInterval(ack.clock) }  // the kernel is gone
}));
"""
SILENCE_S = 3
"""After so long without news from the kernel, the page says so in the picture."""


class Link(BokehModel):  # type: ignore[misc]
    """A Bokeh layout on its way to the browser, paced by answers.

    Parameters
    ----------
    root
        What to show. `wishes` must be reachable from it, and only they are listened to.
    wishes
        Models whose ``tags`` the browser sets, by name.
    wake
        Called from any thread when the browser said something.
    note
        A label in the picture for the page's own use: that the kernel is silent.
    """

    def __init__(
        self, root: LayoutDOM, wishes: dict[str, Model], wake: Callable[[], None], *, note: Model | None = None
    ) -> None:
        self._ping, self._ack = ColumnDataSource(syncable=False), ColumnDataSource()
        code = _ANSWER.replace("SILENCE", str(SILENCE_S))
        self._ping.js_on_change("tags", CustomJS(args={"ping": self._ping, "ack": self._ack, "note": note}, code=code))
        root.tags = [self._ping, self._ack, *wishes.values()]
        spoken = {self._ack, *wishes.values()}
        for model in root.references() - spoken:
            model.syncable = False  # else the browser sends back what it was sent, and every size of the figure
        self.pace = Pace(time.monotonic())
        self.wishes: dict[str, list[Any]] = {}
        self.pages: set[str] = set()
        self.is_new_page = False
        self.is_live = False
        """Whether the page may expect to hear something every second."""
        self._names = {model.id: name for name, model in wishes.items()}
        self._wake = wake
        self._events: list[Any] = []
        self._context: contextvars.Context | None = None
        # Events are not combined: the browser would hold them back until the kernel is idle.
        super().__init__(root, combine_events=False)

    @contextlib.contextmanager
    def frame(self) -> Iterator[None]:
        """Send all changes of the document made inside as one patch, with the question for an answer."""
        self._events.clear()
        yield
        number = self.pace.was_sent(time.monotonic())
        self._ping.tags = [number, self.is_live]
        events, self._events = self._events, []
        self.speak(lambda: self._send_patch(events))

    def speak(self, send: Callable[[], None]) -> None:
        """Send something so that replies to it come at once, also while a cell runs, where the kernel can do that."""
        # A kernel answers on the loop from which a widget last spoke. Speaking as if from the loop that brought the
        # last answer keeps answers coming while a cell runs; without answers for a while, from the main loop again.
        if self.pace.misses:
            self._context = None
        if self._context is None:
            send()
        else:
            self._context.run(send)

    def _send_patch(self, events: list[Any]) -> None:
        message = Protocol().create("PATCH-DOC", events)
        self.send({"msg": "patch", "payload": message.header_json})
        self.send({"msg": "patch", "payload": message.metadata_json})
        self.send({"msg": "patch", "payload": message.content_json})
        for buffer in message.buffers:
            self.send({"msg": "patch", "payload": json.dumps(buffer.ref)})
            self.send({"msg": "patch"}, [buffer.to_bytes()])

    def _document_patched(self, event: Any) -> None:
        self._events.append(event)

    def _sync_model(self, _model: Any, content: dict[str, Any], _buffers: list[Any]) -> None:
        if content.get("kind") != "ModelChanged" or content.get("attr") != "tags":
            return
        new, model = content.get("new"), content.get("model", {}).get("id")
        if not isinstance(new, list):
            return
        if model == self._ack.id and len(new) == 2:
            number, page = int(new[0]), str(new[1])
            if page not in self.pages:
                self.pages.add(page)
                self.is_new_page = True
            if self._context is None:
                self._context = contextvars.copy_context()
            self.pace.was_answered(number, time.monotonic())
        elif model in self._names:
            self.wishes[self._names[model]] = new
        self._wake()

    def close(self) -> None:
        """Close once: the base class fails at the second time, which its finalizer always brings."""
        if self.comm is not None:
            super().close()
