"""``livedata broker``: a real Apache Kafka on this machine, to try things on."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Self

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

    from ..transport.broker import Progress


def broker(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Of the first node; others get the next ones.")] = 9092,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep its data here; else it is removed at the end.")
    ] = None,
    nodes: Annotated[int, typer.Option(min=1, max=9, help="3 for replication and changes of leader.")] = 1,
    fetch: Annotated[bool, typer.Option("--fetch", help="Only fetch Kafka, to start it later.")] = False,
) -> None:
    """Start Apache Kafka on loopback and stay until Ctrl-C. Needs the extra 'broker'."""
    from rich.console import Console

    from ..transport.broker import serve
    from ..transport.broker.distribution import find_jars, find_java

    steps = Steps(Console(stderr=True))
    if fetch:
        with steps:
            jars, java = find_jars(steps), find_java()
        typer.echo(f"Apache Kafka is ready: {len(jars)} jars in {jars[0].parent}, run by {java}")
        return
    with steps:
        serve(
            port=port,
            data=data,
            nodes=nodes,
            progress=steps,
            started=lambda running: _say_where(running.url, steps),
        )
    typer.echo("The broker has ended.")


def _say_where(url: str, steps: Steps) -> None:
    steps.close()
    # At once, also into a pipe: whoever started us in a script waits for this line.
    print(url, flush=True)  # noqa: T201
    typer.echo("Apache Kafka is running; Ctrl-C ends it.", err=True)


class Steps:
    """What is going on before the broker answers: a progress bar in a terminal, else one line a step, on stderr."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bars

        self._console = console
        self._lock = threading.Lock()
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[amount]}"),
            console=console,
            transient=True,
        )
        self._tasks: dict[str, TaskID | None] = {}

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take the bars away; closing twice does nothing."""
        if self._bars.live.is_started:
            self._bars.stop()

    def __call__(self, progress: Progress) -> None:
        """Show one step, or how far it has come."""
        with self._lock:
            new = progress.step not in self._tasks
            if not self._console.is_terminal:
                if new:
                    self._tasks[progress.step] = None
                    typer.echo(progress.step, err=True)
                return
            total = progress.total or None
            amount = f"{progress.done}/{progress.total} {progress.unit}" if total else ""
            if new:
                self._tasks[progress.step] = self._bars.add_task(progress.step, total=total, amount=amount)
            task = self._tasks[progress.step]
            assert task is not None
            self._bars.update(task, completed=progress.done, total=total, amount=amount)
