"""Names for the streams of a file, by the same rules as for topics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..errors import StreamNameError
from ..streams.key import StreamKey, name_streams, shortest_unique_ends


def name_paths(keys: Mapping[str, StreamKey | None]) -> dict[str, str]:
    """Name each path: by its key where the file tells topic and source, else by its shortest unique end.

    A path's end that is also another stream's name gives way to the full path.
    """
    by_key = name_streams(key for key in keys.values() if key is not None)
    ends = shortest_unique_ends(path for path, key in keys.items() if key is None)
    taken = set(by_key.values())
    return {
        path: by_key[key] if key is not None else (ends[path] if ends[path] not in taken else path)
        for path, key in keys.items()
    }


class NameIndex:
    """Finds a stream by its name, another name, or an HDF5 path."""

    def __init__(self, paths: Mapping[str, tuple[str, ...]]) -> None:
        """Take all HDF5 paths of each stream name."""
        self._names = {name: name for name in paths}
        self._paths = {p: name for name, all_paths in paths.items() for p in all_paths}
        owners: dict[str, set[str]] = {}
        for path, name in self._paths.items():
            owners.setdefault(path.rsplit("/", 1)[-1], set()).add(name)
        self._ends = {end: next(iter(names)) for end, names in owners.items() if len(names) == 1}

    def find(self, name: str, *, where: str) -> str:
        """Return the stream's name.

        Raises
        ------
        StreamNameError
            If there is none; the message names the near misses.
        """
        for known in (self._names, self._paths, self._ends):
            if name in known:
                return known[name]
        if (path := "/" + name.strip("/")) in self._paths:
            return self._paths[path]
        raise StreamNameError(f"no stream {name!r} in {where}{near_misses(name, self._names)}")


def near_misses(name: str, names: Iterable[str]) -> str:
    """Return the end of a sentence that names the streams most like the one asked for, or a few of them."""
    from difflib import get_close_matches

    choices = list(names)
    lowered = {choice.lower(): choice for choice in reversed(choices)}
    near = [lowered[m] for m in get_close_matches(name.lower(), list(lowered), n=3, cutoff=0.5)]
    near += [c for c in choices if name.lower() in c.lower() and c not in near][: 3 - len(near)]
    if near:
        return f"; did you mean {' or '.join(repr(n) for n in near)}?"
    if not choices:
        return "; it holds no streams"
    return f"; it holds {', '.join(choices[:5])}{f' and {len(choices) - 5} more' if len(choices) > 5 else ''}"


def storable(text: str) -> str:
    """Return a text as HDF5 can hold it: ``␀`` for a zero byte, which would end it, and ``?`` for half a character.

    Examples
    --------
    >>> storable("a" + chr(0) + "b")
    'a␀b'
    """
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "␀").encode("utf-8", "replace").decode("utf-8")


def safe_name(text: str) -> str:
    """Turn a name from the wire into one link of an HDF5 path.

    Examples
    --------
    >>> safe_name("a/b"), safe_name(".."), safe_name("")
    ('a_b', '__', 'unnamed')
    """
    name = "".join("_" if c == "/" or not c.isprintable() else c for c in text)
    if name and set(name) == {"."}:
        name = "_" * len(name)
    return name[:200] or "unnamed"
