"""``livedata reduce``: run a description on files or a broker, without a notebook."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import ArgumentError, LiveDataError, SettingsError
from .output import print_json, print_table, status_line, terminal_size
from .target import is_file, opened

if TYPE_CHECKING:
    from ..reduce.description import Description
    from ..reduce.result.histogram import Histogram
    from ..reduce.result.ledger import Ledger
    from ..reduce.result.snapshot import Snapshot
    from ..streams.feed import Progress

SUM = "sum"


@dataclass(frozen=True, slots=True)
class Reduced:
    """What came of one target: a result, or the reason why there is none."""

    target: str
    stream: str = ""
    snapshot: Snapshot | None = None
    error: str = ""


def reduce(
    description: Annotated[
        Path,
        typer.Argument(
            metavar="DESCRIPTION.json",
            help="What to count: view.to_json(), or histogram --describe.",
            show_default=False,
        ),
    ],
    targets: Annotated[
        list[str],
        typer.Argument(metavar="FILE…|URL", help="NeXus files, or kafka://host:port.", show_default=False),
    ],
    stream: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The stream, as info names it; not needed where there is only one."),
    ] = None,
    is_sum: Annotated[bool, typer.Option("--sum", help="Also add up the results of all files.")] = False,
    save: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT",
            help="Write the result to a .nxs, .csv or .npz file; of several files, each to OUT_NAME, their sum to OUT.",
            show_default=False,
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there already.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")] = False,
    topics: Annotated[
        str | None, typer.Option(metavar="PATTERN", help="Only these topics of a broker, such as 'SANS2D_*'.")
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            metavar="N", min=0, help="Count what a broker's topic gets from now on, for so long; else all it has."
        ),
    ] = None,
) -> None:
    """Count what a description describes, of each of several files or of a broker.

    A file that cannot be reduced is told, and the others go on; the exit code is then 1.
    """
    from ..reduce.asjson import description_to_json

    wanted = read_description(description)
    if len(targets) > 1:
        for target in targets:
            if not is_file(target):
                raise ArgumentError(f"{target} is no file; of brokers, give one alone")
    if is_sum and wanted.normalise:
        raise ArgumentError("--sum adds counts up; this description divides them: leave out its 'normalise'")
    places = {} if save is None else places_of(save, targets, is_sum=is_sum)
    results = list(reduced(wanted, targets, stream, topics, seconds))
    total = sum_of(results) if is_sum else None
    about = {"description": description_to_json(wanted), "stream": stream or ""}
    saved = [
        one.snapshot.save(places[one.target], overwrite=overwrite, about={**about, "target": one.target})
        for one in results
        if one.snapshot is not None and one.target in places
    ]
    if total is not None and SUM in places:
        done = [one.target for one in results if one.snapshot is not None]
        saved.append(total[0].save(places[SUM], overwrite=overwrite, about={**about, "targets": done}))
    if as_json:
        print_json(document(wanted, results, total))
    else:
        show(results, total)
        for path in saved:
            typer.echo(f"saved as {path}")
    if any(one.error for one in results):
        raise typer.Exit(1)


def read_description(path: Path) -> Description:
    """Read a description from a file.

    Raises
    ------
    SettingsError
        If it cannot be read, with every problem and its place.
    """
    from ..reduce.asjson import description_from_json

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text"
        raise SettingsError(f"cannot read the description {path}: {reason}") from None
    return description_from_json(text, where=str(path))


def reduced(
    wanted: Description, targets: Sequence[str], stream: str | None, topics: str | None, seconds: float | None
) -> Iterator[Reduced]:
    """Reduce one target after the other. The error of a single one is raised, those of several are kept."""
    with status_line() as say:
        for i, target in enumerate(targets):
            at = f"{i + 1}/{len(targets)} {target}" if len(targets) > 1 else target
            if len(targets) > 1:
                say(at)

            def tell(progress: Progress, at: str = at) -> None:
                if sys.stderr.isatty():
                    say(f"{at}: {progress.done:,} of {progress.total:,} {progress.unit}" if progress.total else at)

            try:
                yield _reduced(wanted, target, stream, topics, seconds, tell)
            except LiveDataError as error:
                if len(targets) == 1:
                    raise
                yield Reduced(target, error=str(error))


def _reduced(
    wanted: Description, target: str, stream: str | None, topics: str | None, seconds: float | None, tell: Any
) -> Reduced:
    from .counting import count, stream_of_events

    with opened(target, topics=topics) as streams:
        chosen = stream_of_events(streams, stream)
        return Reduced(target, chosen.name, count(chosen, wanted, target, seconds, tell))


def sum_of(results: Sequence[Reduced]) -> tuple[Histogram, Ledger] | None:
    """Add up all results and their ledgers; None without any."""
    from dataclasses import fields

    from ..reduce.result.ledger import Ledger

    done = [one.snapshot for one in results if one.snapshot is not None]
    if not done:
        return None
    total: Histogram = done[0]
    for snapshot in done[1:]:
        total = total + snapshot
    counts = {f.name: sum(getattr(s.ledger, f.name) for s in done) for f in fields(Ledger)}
    return total, Ledger(**counts)


def places_of(save: Path, targets: Sequence[str], *, is_sum: bool) -> Mapping[str, Path]:
    """Return where each result is written, and the sum.

    Raises
    ------
    ArgumentError
        If two results would have the same file.
    """
    places = {SUM: save} if is_sum else {}
    if len(targets) == 1:
        return {**places, targets[0]: save} if not is_sum else places
    for target in targets:
        place = save.with_name(f"{save.stem}_{Path(target).stem}{save.suffix}")
        if place in places.values():
            raise ArgumentError(f"two results would be written to {place}; give files of different names")
        places[target] = place
    return places


def document(wanted: Description, results: Sequence[Reduced], total: tuple[Histogram, Ledger] | None) -> dict[str, Any]:
    """Return all results as one document."""
    from ..reduce.asjson import description_to_json

    listed = [
        {"target": one.target, "stream": one.stream, **one.snapshot.to_dict(), "values": plain(one.snapshot)}
        if one.snapshot is not None
        else {"target": one.target, "error": one.error}
        for one in results
    ]
    written: dict[str, Any] = {"description": description_to_json(wanted), "results": listed}
    if total is not None:
        written[SUM] = {"values": plain(total[0]), "ledger": total[1].to_dict()}
    return written


def plain(histogram: Histogram) -> Any:
    """Return values as lists for JSON; None where there is no number."""
    import numpy as np

    values = histogram.values()
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return values.tolist()
    listed = values.astype(object)
    listed[~np.isfinite(values)] = None
    return listed.tolist()


def show(results: Sequence[Reduced], total: tuple[Histogram, Ledger] | None) -> None:
    """Print a picture of the sum or of a single result, and the ledgers of all."""
    from ..panels import draw
    from ..reduce.result.ledger import FATES

    done = [one for one in results if one.snapshot is not None]
    if total is not None or len(done) == 1:
        histogram = total[0] if total is not None else done[0].snapshot
        name = SUM if total is not None else done[0].stream
        assert histogram is not None
        typer.echo(draw(histogram, name=name, width=min(terminal_size()[0], 120)))
    rows: list[list[object]] = []
    for one in results:
        ledger = one.snapshot.ledger if one.snapshot is not None else None
        rows.append(
            [Path(one.target).name if is_file(one.target) else one.target, one.stream, *_counts(ledger), one.error]
        )
    if total is not None:
        rows.append([SUM, "", *_counts(total[1]), ""])
    print_table(["target", "stream", "seen", *FATES, "problem"], rows)


def _counts(ledger: Ledger | None) -> list[int | None]:
    """Return the counts of a ledger, those that are 0 in it left out."""
    from ..reduce.result.ledger import FATES

    if ledger is None:
        return [None] * (len(FATES) + 1)
    return [ledger.seen, *(getattr(ledger, name) or None for name in FATES)]
