"""Look for messages that break something: ``python -m fuzz [mutate | guided | both] [--n 2000000] [--minutes 30]``."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from hashlib import sha256
from pathlib import Path
from time import perf_counter

from . import guided

SHOWN = 20


def main() -> int:
    """Do what the command line asks for; 1 if something was found."""
    asked = _parser().parse_args()
    out = Path(asked.out or tempfile.mkdtemp(prefix="livedata-findings-"))
    out.mkdir(parents=True, exist_ok=True)
    if asked.what == "guided":
        return guided.run(asked.minutes, seed=asked.seed, out=out)
    status = _mutate(asked.n, asked.seed, asked.jobs, out)
    if asked.what == "both":
        # Of its own: atheris ends the process it runs in.
        arguments = ["guided", "--minutes", str(asked.minutes), "--seed", str(asked.seed), "--out", str(out)]
        status |= subprocess.run([sys.executable, "-m", "fuzz", *arguments], check=False).returncode != 0
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("what", nargs="?", default="both", choices=("mutate", "guided", "both"))
    parser.add_argument("--n", type=int, default=2_000_000, help="mutated messages, evenly over all schemas")
    parser.add_argument("--minutes", type=float, default=30, help="of guided fuzzing")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", help="folder for messages that break something")
    return parser


def _mutate(n: int, seed: int, jobs: int, out: Path) -> int:
    # Not before: the guided way watches the modules from their import on.
    from . import chance

    start = perf_counter()
    verdict = chance.examine(n, seed=seed, jobs=jobs)
    took = perf_counter() - start
    usual = sorted(verdict.medians_ns.values())
    lines = [
        f"{verdict.n} mutated messages of {len(usual)} schemas in {took:.0f} s, {verdict.accepted} of them sound; "
        f"median time {usual[0] / 1000:.1f} to {usual[-1] / 1000:.1f} µs, "
        f"at most {verdict.worst[0]:.0f} times the median ({verdict.worst[1]})"
    ]
    found = Counter(what for what, _ in verdict.findings)
    lines += [f"  {number} x {what}" for what, number in found.most_common(SHOWN)]
    for _, data in verdict.findings:
        (out / f"{data[4:8].hex()}-{sha256(data).hexdigest()[:12]}.bin").write_bytes(data)
    if verdict.findings:
        lines.append(f"{len(verdict.findings)} findings; the messages are in {out}")
    sys.stdout.write("\n".join(lines) + "\n")
    return int(bool(verdict.findings))


if __name__ == "__main__":
    sys.exit(main())
