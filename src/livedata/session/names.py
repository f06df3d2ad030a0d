"""Finding a stream by what a person types."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from ..errors import StreamNameError


def find_name(wanted: str, names: Iterable[str], aliases: Mapping[str, str]) -> str | None:
    """Return the stream that is meant: its name, an alias, or the one that ends like it or holds it."""
    known = list(names)
    if wanted in known:
        return wanted
    if wanted in aliases:
        return aliases[wanted]
    end = "/" + wanted.strip("/")
    ending = {name for name in known if name.endswith(end)} | {aliases[a] for a in aliases if a.endswith(end)}
    if not ending:  # "Guide_Pressure" means "Guide_Pressure/value_log"
        ending = {name for name in known if f"/{name}".find(f"{end}/") >= 0}
    return ending.pop() if len(ending) == 1 else None


def no_such_stream(wanted: object, names: Iterable[str], where: str) -> StreamNameError:
    """Return the error for a name that is not there; it names the near misses."""
    known = sorted(names)
    if not known:
        return StreamNameError(f"no stream {wanted!r}: {where} has no streams yet")
    near = difflib.get_close_matches(str(wanted), known, n=3, cutoff=0.5)
    if near:
        hint = "did you mean " + " or ".join(repr(name) for name in near) + "?"
    else:
        shown = ", ".join(repr(name) for name in known[:8]) + (", …" if len(known) > 8 else "")
        hint = f"there are {shown}"
    return StreamNameError(f"no stream {wanted!r} in {where}; {hint}")
