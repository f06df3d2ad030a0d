"""A run: what one command asked to be counted, from its pinned offsets to the last state of every histogram."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ..errors import TransportError
from .brokers import Brokers, Link, check_topics
from .command import Configure, Describe
from .reader import Reader
from .served import Output, Served
from .span import Span
from .tally import make_tally

if TYPE_CHECKING:
    from ..nexus import Instrument

DELIVER_S = 3.0
"""How long the first, empty states may be on their way before the command is answered all the same."""
JOIN_S = 5.0


class EventSource(Protocol):
    """What feeds histograms."""

    @property
    def trouble(self) -> str:
        """What is wrong with where the events come from; empty while all is well."""
        ...

    def stop(self) -> None:
        """Ask for the end."""
        ...

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; return whether it has come."""
        ...


@dataclass(frozen=True, slots=True)
class Run:
    """Histograms that are counted together, and what feeds them."""

    served: tuple[Served, ...] = ()
    sources: tuple[EventSource, ...] = ()
    links: tuple[Link, ...] = ()

    @property
    def n_counting(self) -> int:
        """Number of histograms that have not ended."""
        return sum(not served.is_over for served in self.served)

    def troubles(self) -> list[str]:
        """Return what is wrong with histograms and with where their events come from."""
        told = [f"{one.output.id or one.output.topic}: {one.problem}" for one in self.served if one.problem]
        return [*told, *(trouble for source in self.sources if (trouble := source.trouble))]

    def publish(self) -> None:
        """Publish the present states."""
        for served in self.served:
            served.publish()

    def reset(self) -> None:
        """Go on from zero."""
        for served in self.served:
            served.reset()

    def stop(self) -> None:
        """Count what is on the topics now, and publish the last states."""
        for source in self.sources:
            source.stop()
        deadline = time.monotonic() + JOIN_S
        for source in self.sources:
            source.join(max(0.0, deadline - time.monotonic()))
        for served in self.served:
            served.finish()


def start_run(
    command: Configure | Describe, span: Span, brokers: Brokers, *, source: str, instrument: Instrument | None = None
) -> Run:
    """Begin to count.

    When it returns, the offsets are fixed from which topics are counted, and an empty state of every histogram has
    been delivered: whatever is sent from now on is counted.

    Raises
    ------
    LiveDataError
        If a broker does not answer, a topic is missing, or the topic of results does not take them. Nothing is left
        running then.
    """
    if isinstance(command, Describe):
        from .views import open_views

        views, watch = open_views(command, span, brokers, source=source, instrument=instrument)
        run = Run(tuple(views), (watch,), tuple(one.output.link for one in views))
        _publish_first(run)
        return run
    served, readers = _make(command, span, brokers, source)
    too_old = {reader: reason for reader in readers if (reason := reader.pin())}
    run = Run(tuple(served), tuple(readers), tuple(one.output.link for one in served))
    _publish_first(run)
    for reader in readers:
        if reader in too_old:
            reader.give_up(too_old[reader])
        else:
            reader.start()
    return run


def _make(command: Configure, span: Span, brokers: Brokers, source: str) -> tuple[list[Served], list[Reader]]:
    """Make the histograms, and one reader for each topic of each broker."""
    served: list[Served] = []
    topics: dict[tuple[int, str], tuple[Link, list[Served]]] = {}
    for entry in command.histograms:
        link = brokers.link(entry.data_brokers)
        output = Output(link, entry.topic, command.output_schema, source, entry.id)
        one = Served(make_tally(entry), output, span, wanted_source=entry.wanted_source)
        served.append(one)
        for topic in dict.fromkeys(entry.data_topics):
            topics.setdefault((id(link), topic), (link, []))[1].append(one)
    readers = [
        Reader(link.transport, topic, span, command.input_schema, mine) for (_, topic), (link, mine) in topics.items()
    ]
    return served, readers


def _publish_first(run: Run) -> None:
    """Publish the empty states and wait until they have arrived; raise, with all stopped, if one was refused."""
    run.publish()
    try:
        _wait_delivered(run.served)
    except TransportError:
        run.stop()
        raise


def _missing(output: Output) -> str:
    """Say that the topic of results is not there, if that is what delays them."""
    try:
        check_topics(output.link.transport, [output.topic])
    except TransportError as error:
        return str(error)
    return ""


def _wait_delivered(served: Iterable[Served]) -> None:
    """Wait until the first states have arrived; raise if one was refused."""
    deadline = time.monotonic() + DELIVER_S
    problems = []
    for one in served:
        arrived = one.wait_delivered(max(0.0, deadline - time.monotonic()))
        problem = one.problem or ("" if arrived else _missing(one.output))
        if problem:
            problems.append(f"histogram {one.output.id!r}: {problem}" if one.output.id else problem)
    if problems:
        raise TransportError("; ".join(problems))
