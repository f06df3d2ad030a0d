"""Use livedata hard for a while: ``python -m soak [--seconds 1800] [--seed N] [--share 1.0] [--plant FAULT]``."""

from __future__ import annotations

import argparse
import sys
import time

from .plants import PLANTS
from .run import soak
from .watched import PATIENCE_S


def main() -> int:
    """Do what the command line asks for; 1 if something was wrong."""
    parser = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1800)
    parser.add_argument("--seed", type=int, help="of everything that is left to chance; another one each time")
    parser.add_argument("--share", type=float, default=1.0, help="of five million events a second")
    parser.add_argument("--patience", type=float, default=PATIENCE_S, help="seconds to wait for what has to come")
    parser.add_argument("--plant", choices=PLANTS, help="break something, to see that it is noticed")
    asked = parser.parse_args()
    seed = time.time_ns() % 1_000_000 if asked.seed is None else asked.seed
    _say(f"seed {seed}")
    if asked.plant:
        PLANTS[asked.plant]()
    outcome = soak(asked.seconds, seed=seed, share=asked.share, patience_s=asked.patience, say=_say)
    width = max(len(name) for name, _ in outcome.rows)
    _say("\n".join(f"{name:{width}}  {told}" for name, told in outcome.rows))
    for fault in outcome.faults:
        _say(f"FAULT: {fault}")
    if not outcome.faults:
        _say("everything adds up")
    return int(bool(outcome.faults))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
