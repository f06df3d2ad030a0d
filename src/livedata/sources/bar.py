"""Progress of a source for people: a bar in a terminal, a bar in a notebook, nothing where neither is."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from ..streams.feed import Progress as Done

REFRESH_S = 0.5


class Shown(Protocol):
    """What a bar is shown of: a source."""

    name: str

    @property
    def state(self) -> str:
        """What it is doing."""
        ...

    @property
    def progress(self) -> Done:
        """How far it has come."""
        ...

    @property
    def alerts(self) -> list[str]:
        """What somebody should look at."""
        ...

    def pause(self) -> object:
        """Wait."""
        ...

    def resume(self) -> object:
        """Go on."""
        ...

    def stop(self) -> object:
        """End."""
        ...

    def has_ended(self, timeout_s: float = 0.0) -> bool:
        """Whether the end comes within the time."""
        ...

    def _repr_html_(self) -> str: ...


@contextmanager
def terminal_bar(source: Shown) -> Iterator[Callable[[], None]]:
    """Give a function that redraws the bar; it does nothing where stdout is no terminal or a notebook shows output."""
    if not sys.stdout.isatty():
        yield lambda: None
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, TextColumn("{task.fields[said]}"), transient=False) as bars:
        task = bars.add_task(source.name, total=None, said="")

        def draw() -> None:
            progress = source.progress
            said = " · ".join([*([] if source.state == "running" else [source.state]), *source.alerts])
            bars.update(task, total=progress.total or None, completed=progress.done, said=said)

        draw()
        yield draw
        draw()


def widget_bundle(source: Shown) -> dict[str, Any]:
    """Return the MIME bundle of a notebook's bar with its buttons; empty without a Jupyter kernel."""
    try:
        from IPython import get_ipython
    except ImportError:
        return {}
    shell = get_ipython()  # type: ignore[no-untyped-call, unused-ignore]
    if getattr(shell, "kernel", None) is None:
        return {}
    bundle: dict[str, Any] = _widget(source)._repr_mimebundle_()
    return {mime: data for mime, data in bundle.items() if mime.startswith("application/")}


def _widget(source: Shown) -> Any:
    """Build the bar; a daemon thread refreshes it until the source ends."""
    import ipywidgets as w

    bar = w.FloatProgress(min=0.0, max=1.0, layout=w.Layout(width="200px"))
    text = w.HTML()
    hold = w.Button(description="pause", layout=w.Layout(width="80px"))
    end = w.Button(description="stop", layout=w.Layout(width="80px"))
    hold.on_click(lambda _: source.resume() if source.state == "paused" else source.pause())
    end.on_click(lambda _: source.stop())

    def draw() -> None:
        progress = source.progress
        ended = source.has_ended()
        bar.value = progress.done / progress.total if progress.total else float(ended)
        bar.bar_style = {"failed": "danger", "finished": "success", "stopped": "warning"}.get(source.state, "info")
        text.value = source._repr_html_()
        hold.description = "resume" if source.state == "paused" else "pause"
        hold.disabled = end.disabled = ended

    def follow() -> None:
        while not source.has_ended(REFRESH_S):
            draw()
        draw()

    draw()
    threading.Thread(target=follow, name=f"livedata bar of {source.name}", daemon=True).start()
    return w.VBox([text, w.HBox([bar, hold, end])])
