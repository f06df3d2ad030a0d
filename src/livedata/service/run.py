"""A run: what one command asked to be counted, from its pinned offsets to the last state of every histogram."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..errors import TransportError
from .brokers import Brokers, Link
from .command import Configure, Describe
from .entry import Wanted
from .reader import Reader
from .served import Counts, Output, Served
from .span import Span
from .tally import make_tally

DELIVER_S = 3.0
"""How long the first, empty states may be on their way before the command is answered all the same."""
JOIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Run:
    """Histograms that are counted together, and what reads for them."""

    served: tuple[Served, ...] = ()
    readers: tuple[Reader, ...] = ()
    links: tuple[Link, ...] = ()

    @property
    def n_counting(self) -> int:
        """Number of histograms that have not ended."""
        return sum(not served.is_over for served in self.served)

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
        for reader in self.readers:
            reader.stop()
        deadline = time.monotonic() + JOIN_S
        for reader in self.readers:
            reader.join(max(0.0, deadline - time.monotonic()))
        for served in self.served:
            served.finish()


def start_run(command: Configure | Describe, span: Span, brokers: Brokers, *, source: str) -> Run:
    """Begin to count.

    When it returns, the offsets are fixed from which topics are counted, and an empty state of every histogram has
    been delivered: whatever is sent from now on is counted.

    Raises
    ------
    LiveDataError
        If a broker does not answer, a topic is missing, or the topic of results does not take them. Nothing is left
        running then.
    """
    output_schema = command.output_schema if isinstance(command, Configure) else "da00"
    input_schema = command.input_schema if isinstance(command, Configure) else None
    entries: Sequence[Wanted] = command.histograms if isinstance(command, Configure) else command.views
    served: list[Served] = []
    topics: dict[tuple[int, str], tuple[Link, list[Served]]] = {}
    for entry in entries:
        link = brokers.link(entry.data_brokers)
        output = Output(link, entry.topic, output_schema, source, entry.id)
        one = Served(_counts(entry), output, span, wanted_source=entry.wanted_source)
        served.append(one)
        for topic in dict.fromkeys(entry.data_topics):
            topics.setdefault((id(link), topic), (link, []))[1].append(one)
    readers = [Reader(link.transport, topic, span, input_schema, mine) for (_, topic), (link, mine) in topics.items()]
    too_old = {reader: reason for reader in readers if (reason := reader.pin())}
    run = Run(tuple(served), tuple(readers), tuple(one.output.link for one in served))
    try:
        run.publish()
        _wait_delivered(served)
    except TransportError:
        run.stop()
        raise
    for reader in readers:
        if reader in too_old:
            reader.give_up(too_old[reader])
        else:
            reader.start()
    return run


def _counts(entry: Wanted) -> Counts:
    return make_tally(entry)  # type: ignore[arg-type]


def _wait_delivered(served: Iterable[Served]) -> None:
    """Wait until the first states have arrived; raise if one was refused."""
    deadline = time.monotonic() + DELIVER_S
    problems = []
    for one in served:
        one.wait_delivered(max(0.0, deadline - time.monotonic()))
        if one.problem:
            problems.append(f"histogram {one.output.id!r}: {one.problem}" if one.output.id else one.problem)
    if problems:
        raise TransportError("; ".join(problems))
