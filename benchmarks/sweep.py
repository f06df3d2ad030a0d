"""Throughput through Kafka against message size, for several numbers of partitions, as a table and as a picture.

After figure 8 of the architecture paper of ESS' data streaming (throughput against message size, a line for each number
of partitions).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from livedata.testing.broker import shared_kafka

from .kafka import works_of
from .measure import Row, compare, in_turns
from .topic import filled_topic

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
PARTITIONS = (1, 2, 4)
TOTAL_BYTES = 250_000_000
PICTURE = "sweep.png"


def rows(*, quick: bool, turns: int) -> Iterator[Row]:
    """Read topics of every size and number of partitions, bare and into views."""
    total = 4_000_000 if quick else TOTAL_BYTES
    with shared_kafka() as url:
        for partitions in PARTITIONS[:2] if quick else PARTITIONS:
            for size in SIZES[:2] if quick else SIZES:
                with filled_topic(url, message_bytes=size, total_bytes=total, partitions=partitions) as topic:
                    works = works_of(topic)
                    costs = in_turns({name: works[name] for name in ("ours", "bare poll and drain")}, turns=turns)
                yield compare(name_of(size, partitions), "GB/s", topic.nbytes / 1e9, costs)


def name_of(size: int, partitions: int) -> str:
    """Return the name of one row of the sweep."""
    return f"sweep: {size // 1000} kB × {partitions} partition{'s' if partitions > 1 else ''}"


def draw(done: Sequence[Row], folder: Path) -> Path | None:
    """Draw the rows of a sweep; None where there are none or matplotlib is missing."""
    by_name = {row.name: row for row in done}
    lines = {p: [(s, by_name[name_of(s, p)]) for s in SIZES if name_of(s, p) in by_name] for p in PARTITIONS}
    if not any(lines.values()):
        return None
    with contextlib.suppress(ImportError):
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7, 4.5), layout="constrained")
        plot = figure.subplots()
        for i, (partitions, points) in enumerate(lines.items()):
            if not points:
                continue
            sizes = [size / 1e3 for size, _ in points]
            label = f"{partitions} partition{'s' if partitions > 1 else ''}"
            plot.plot(sizes, [r.ours * 1e3 for _, r in points], "o-", color=f"C{i}", label=f"{label}, to views")
            plot.plot(
                sizes, [(r.theirs or 0) * 1e3 for _, r in points], "s:", color=f"C{i}", label=f"{label}, bare poll"
            )
        plot.set(
            xscale="log",
            ylim=(0, None),
            xlabel="message size / kB",
            ylabel="throughput / MB/s",
            title="Kafka to spectrum and image",
        )
        plot.grid(alpha=0.3)
        plot.legend()
        path = folder / PICTURE
        figure.savefig(path, dpi=150)
        return path
    return None
