"""``livedata reduce``: run a description on files or a broker, without a notebook."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ArgumentError, LiveDataError, SettingsError
from .options import AsJson, Seconds, Topics
from .output import print_json, status_line
from .target import is_file, opened

if TYPE_CHECKING:
    from ..reduce.description import Description
    from ..reduce.result.snapshot import Snapshot
    from ..streams.feed import Progress
    from .counting import Tell


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
    as_json: AsJson = False,
    topics: Topics = None,
    seconds: Seconds = None,
) -> None:
    """Count what a description describes, of each of several files or of a broker.

    A file that cannot be reduced is told, and the others go on; the exit code is then 1.
    """
    from .results import Results

    wanted = read_description(description)
    if len(targets) > 1:
        for target in targets:
            if not is_file(target):
                raise ArgumentError(f"{target} is no file; of brokers, give one alone")
    results = Results(wanted, targets, is_sum=is_sum, save=save, overwrite=overwrite, keeps_all=as_json)
    for target, found in reduced(wanted, targets, stream, topics, seconds):
        results.add(target, found)
    results.finish()
    if as_json:
        print_json(results.document())
    else:
        results.show()
    if results.n_failed:
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
) -> Iterator[tuple[str, tuple[str, Snapshot] | LiveDataError]]:
    """Reduce one target after the other; give the name of the stream and the result, or the error.

    The error of a single target is raised.
    """
    with status_line() as say:
        for i, target in enumerate(targets):
            at = f"{i + 1}/{len(targets)} {target}" if len(targets) > 1 else target
            if len(targets) > 1:
                say(at)

            def tell(progress: Progress, at: str = at) -> None:
                if sys.stderr.isatty():
                    say(f"{at}: {progress.done:,} of {progress.total:,} {progress.unit}" if progress.total else at)

            try:
                found: tuple[str, Snapshot] | LiveDataError = _reduced(wanted, target, stream, topics, seconds, tell)
            except LiveDataError as error:
                if len(targets) == 1:
                    raise
                found = error
            yield target, found


def _reduced(
    wanted: Description, target: str, stream: str | None, topics: str | None, seconds: float | None, tell: Tell
) -> tuple[str, Snapshot]:
    from .counting import count, stream_for

    with opened(target, topics=topics) as streams:
        chosen = stream_for(streams, stream, wanted)
        return chosen.name, count(chosen, wanted, target, seconds, tell)
