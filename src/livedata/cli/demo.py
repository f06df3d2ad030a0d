"""``livedata demo``: from a simulated instrument to a file that gives the same histograms, in some twenty seconds."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import FileError
from .output import print_table

if TYPE_CHECKING:
    from ..reduce.result.comparison import Comparison
    from ..reduce.result.ledger import Ledger
    from ..reduce.view import View

FILE, PICTURE = "demo.nxs", "demo.png"
TITLE = "The livedata demo"
NAMES = IMAGE, SPECTRUM, BEAM = "detector image", "detector spectrum", "monitor spectrum"
BYTES_PER_EVENT = 9
"""On the wire, with what goes around it; a monitor's events take half."""
SMALLEST_RETENTION = 512_000_000


def demo(
    seconds: Annotated[float, typer.Option(metavar="N", min=1, max=3600, help="How long to watch.")] = 20.0,
    rate: Annotated[float, typer.Option(metavar="N", min=100, max=1e8, help="Events per second.")] = 1e6,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same events.")] = 0,
    out: Annotated[Path, typer.Option(metavar="DIR", help=f"Where {FILE} and {PICTURE} go.")] = Path(),
) -> None:
    """Watch a simulated instrument live, record it, and prove that the file gives the same histograms."""
    from .. import session
    from ..reduce.axis import bins
    from ..reduce.fold import kernels
    from .screen import show

    folder = out.expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    refuse_to_replace_foreign(folder / FILE)
    typer.echo("Getting ready (the first time, the counting loops are compiled) ...")
    kernels.warm_up()
    retention = max(SMALLEST_RETENTION, int(2 * seconds * rate * BYTES_PER_EVENT))
    live = session.demo(rate=rate, seed=seed, url=f"memory://livedata-demo?retention={retention}B")
    try:
        # Next to its later place, so that it can be renamed there at the end.
        with tempfile.TemporaryDirectory(prefix=".livedata-demo-", dir=folder) as scratch:
            toa = bins(0, 71.43, n=1000, unit="ms")
            views = {
                IMAGE: live["detector"].image(),
                SPECTRUM: live["detector"].histogram(toa=toa),
                BEAM: live["monitor"].histogram(toa=toa),
            }
            with live.record(Path(scratch) / FILE, start="connect", title=TITLE) as recording:
                show(live, views, recording, seconds)
                live.source.stop(wait=True)
                typer.echo("The instrument has stopped; finishing and checking the file ...")
            filed = file_views(Path(scratch) / FILE, views)
            compared = {name: view.over(recording).compare(filed[name]) for name, view in views.items()}
            ledgers = {name: view.ledger for name, view in filed.items()}
            save_picture(folder / PICTURE, filed)
            (Path(scratch) / FILE).replace(folder / FILE)
        simulated = {name: counts.events for name, counts in live.source.truth.streams.items()}
    finally:
        live.close()
    if not report(simulated, ledgers, compared):
        raise FileError(f"{folder / FILE} does not give what was simulated and seen live; see the table above")
    typer.echo(f"Equal, bin for bin. Saved {folder / FILE} and {folder / PICTURE}.")


def file_views(path: Path, live: dict[str, View]) -> dict[str, View]:
    """Return the same views, made from the file."""
    from .. import session

    run = session.open(path)
    return {
        IMAGE: run["detector"].image(),
        SPECTRUM: run["detector"].histogram(toa=live[SPECTRUM].axes["toa"]),
        BEAM: run["monitor"].histogram(toa=live[BEAM].axes["toa"]),
    }


def report(simulated: dict[str, int], ledgers: dict[str, Ledger], compared: dict[str, Comparison]) -> bool:
    """Print what was sent, seen and read back, and return whether it is all the same."""
    rows, equal = [], True
    for name, comparison in compared.items():
        sent, ledger = simulated[name.split()[0]], ledgers[name]
        equal = equal and comparison.same and sent == ledger.seen and ledger.adds_up
        rows.append((name, sent, ledger.seen, ledger.binned, str(comparison)))
    print_table(("view", "simulated", "in the file", "in its bins", "live against file"), rows)
    return equal


def save_picture(path: Path, views: dict[str, View]) -> None:
    """Save image and spectrum side by side."""
    from ..panels import save

    save(path, {name: view.snapshot() for name, view in views.items()})


def refuse_to_replace_foreign(path: Path) -> None:
    """Make sure that a file in the way is an earlier demo's, before anything begins."""
    if not path.exists():
        return
    from ..nexus import open_file

    try:
        file = open_file(path)
        ours = file.title == TITLE and any(stream.is_ours for stream in file.streams.values())
    except FileError:
        ours = False
    if not ours:
        raise FileError(
            f"{path} is there and was not written by the demo; move it, or choose another folder with --out"
        )
