"""Run the benchmarks and print a table, or JSON: ``python -m benchmarks [--only kernels,kafka] [--json] [--quick]``."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from .conditions import conditions
from .measure import Row
from .onecore import rows_on_one_core

FAMILIES = ("kernels", "reduction", "schemas", "kafka", "small", "recorder", "browser", "sweep")
ON_ONE_CORE = ("kernels", "reduction")
RESULTS = Path(__file__).parent / "results"
TURNS = 7
QUICK_TURNS = 1


def main(arguments: list[str] | None = None) -> int:
    """Run the chosen families; 1 if one of them could not be run."""
    asked = _parser().parse_args(arguments)
    chosen = FAMILIES if asked.only is None else [name for name in asked.only.split(",") if name]
    if unknown := [name for name in chosen if name not in FAMILIES]:
        _parser().error(f"no benchmark {', '.join(unknown)}; there are {', '.join(FAMILIES)}")
    turns = QUICK_TURNS if asked.quick else max(asked.turns, 1)
    notes = Console(stderr=True)
    before = conditions()
    done: list[Row] = []
    failed: dict[str, str] = {}
    for name in chosen:
        try:
            how = {"quick": asked.quick, "turns": turns}
            for row in rows_on_one_core(name, **how) if name in ON_ONE_CORE else _rows(name, **how):
                done.append(row)
                notes.print(f"{row.name}: {row.ours:.4g} {row.unit}", style="dim", markup=False, highlight=False)
        except Exception as error:  # noqa: BLE001 - one family that cannot run must not take the others along
            failed[name] = f"{type(error).__name__}: {error}"
            notes.print(f"{name} could not be run: {failed[name]}", style="red", markup=False)
    out = Path(asked.out)
    out.mkdir(parents=True, exist_ok=True)
    document = {"conditions": before, "rows": [row.to_dict() for row in done], "failed": failed}
    (out / "benchmarks.json").write_text(json.dumps(document, indent=1) + "\n")
    if "sweep" in chosen:
        from .sweep import draw

        if (picture := draw(done, out)) is not None:
            notes.print(f"saved {picture}", style="dim", markup=False)
    if asked.json:
        sys.stdout.write(json.dumps(document) + "\n")
    else:
        _show(done, before)
    return 1 if failed else 0


def _rows(family: str, *, quick: bool, turns: int) -> Iterator[Row]:
    yield from importlib.import_module(f"benchmarks.{family}").rows(quick=quick, turns=turns)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", metavar="NAME,...", help=f"which ones: {', '.join(FAMILIES)}")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout instead of the table")
    parser.add_argument("--quick", action="store_true", help="tiny sizes and one turn: whether it runs, not how fast")
    parser.add_argument("--turns", type=int, default=TURNS, help="how often each pair runs (7)")
    parser.add_argument("--out", default=str(RESULTS), metavar="DIR", help="where results and pictures are saved")
    return parser


def _show(done: list[Row], about: dict[str, Any]) -> None:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    for column in ("what", "ours", "peer", "theirs", "unit", "ratio", "CPU", "pairs", "target", ""):
        table.add_column(column, justify="left" if column in ("what", "peer", "unit", "") else "right")
    for row in done:
        wanted = [f"≥ {row.target:g}"] if row.target is not None else []
        wanted += [f"CPU ≤ {row.cpu_target:g}"] if row.cpu_target is not None else []
        table.add_row(
            row.name, f"{row.ours:.4g}", row.peer, _number(row.theirs), row.unit, _number(row.ratio, 3),
            _number(row.cpu, 3), str(row.pairs), ", ".join(wanted), row.verdict,
        )  # fmt: skip
    console = Console(width=None if sys.stdout.isatty() else 180)
    console.print(table)
    for row in done:
        if row.note:
            console.print(f"{row.name}: {row.note}", style="dim", markup=False, highlight=False)
    console.print(
        "ratio: our speed over the peer's in wall time; CPU: our CPU seconds over the peer's; medians of pairs"
    )
    console.print(", ".join(f"{name} {value}" for name, value in about.items()), highlight=False)


def _number(value: float | None, digits: int = 4) -> str:
    return "–" if value is None else f"{value:.{digits}g}"


if __name__ == "__main__":
    sys.exit(main())
