"""Coverage-guided fuzzing with atheris: messages evolve towards code that none has reached yet."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from inspect import getclosurevars
from pathlib import Path
from types import FunctionType
from typing import Any

LONGEST = 4096


def generated(decoder: Callable[..., Any]) -> list[FunctionType]:
    """Return the functions that a fast decoder consists of: made while running, not imported."""
    root = getclosurevars(decoder).nonlocals["root"]
    return [f for f in root.__globals__.values() if isinstance(f, FunctionType) and f.__globals__ is root.__globals__]


def run(minutes: float, *, seed: int, out: Path) -> int:
    """Fuzz for some time in this process, which ends with it; inputs that break something are written to `out`.

    Raises
    ------
    SystemExit
        If atheris is missing; says how to get it.
    """
    try:
        import atheris
    except ImportError:
        sys.exit("atheris is missing; get it with: pip install 'livedata[fuzz]' (Linux, Python 3.11 or newer)")
    with atheris.instrument_imports(include=["livedata.schemas"], enable_loader_override=False):
        from livedata.schemas import SCHEMAS, decode
        from livedata.schemas.fast.decoder import _OF_BYTES

        from .judge import Judge
        from .seeds import all_seeds
    judges = {schema_id.encode("ascii"): Judge(SCHEMAS[schema_id]) for schema_id in SCHEMAS}
    for found in all_seeds().values():
        decode(found[0])
    for decoder in (*(judge.fast for judge in judges.values()), *(decoder for _, decoder in _OF_BYTES.values())):
        for function in generated(decoder):
            atheris.instrument_func(function)
    first = judges[b"ev44"]
    turn = 0

    def one_input(data: bytes) -> None:
        nonlocal turn
        turn += 1
        judges.get(data[4:8], first).examine(data, thoroughly=turn % 50 == 0)

    with tempfile.TemporaryDirectory(prefix="livedata-fuzz-") as corpus:
        for schema_id, found in all_seeds().items():
            for i, data in enumerate(found):
                Path(corpus, f"{schema_id}-{i}").write_bytes(data)
        options = [
            f"-max_total_time={round(minutes * 60)}",
            f"-max_len={LONGEST}",
            f"-seed={seed + 1}",
            f"-artifact_prefix={out}/",
            "-print_final_stats=1",
            "-timeout=20",
            corpus,
        ]
        atheris.Setup([sys.argv[0], *options], one_input)
        atheris.Fuzz()
    return 0
