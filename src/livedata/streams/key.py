"""What a stream is called: (topic, source name, family) on the wire, a short name for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal, NamedTuple

from .arrivals import EVENT_SCHEMAS
from .samples import LOG_SCHEMAS

Family = Literal["events", "log", "frames", "arrays"]
"""What kind of timeline the messages of a stream make up: events of a detector, samples of a process variable (with its
alarm, connection and unit), images of a camera, sets of named arrays."""

FAMILY_OF_SCHEMA: dict[str, Family] = {
    **dict.fromkeys(EVENT_SCHEMAS, "events"),
    **dict.fromkeys(LOG_SCHEMAS, "log"),
    **dict.fromkeys(("ad00", "ADAr", "NDAr"), "frames"),
    **dict.fromkeys(("da00", "hs00", "hs01"), "arrays"),
}
"""Schemas whose messages make up streams."""


class StreamKey(NamedTuple):
    """Identity of a stream on the wire. Neither half is unique alone."""

    topic: str
    source: str
    family: Family


def shortest_unique_ends(paths: Iterable[str]) -> dict[str, str]:
    """Give each path the shortest end, cut at slashes, that no other of the paths has.

    Parameters
    ----------
    paths
        Slash-separated, such as HDF5 paths; duplicates are taken once.

    Returns
    -------
    :
        The name of each path. A path that is the end of another is called by its full text.

    Examples
    --------
    >>> shortest_unique_ends(["/entry/a/log", "/entry/b/log", "/entry/detector"])
    {'/entry/a/log': 'a/log', '/entry/b/log': 'b/log', '/entry/detector': 'detector'}
    """
    unique = list(dict.fromkeys(paths))
    parts = {path: [part for part in path.split("/") if part] for path in unique}
    ends = Counter("/".join(p[-n:]) for p in parts.values() for n in range(1, len(p) + 1))
    names: dict[str, str] = {}
    for path, p in parts.items():
        candidates = ("/".join(p[-n:]) for n in range(1, len(p) + 1))
        names[path] = next((end for end in candidates if ends[end] == 1), path)
    return names


def name_streams(keys: Iterable[StreamKey]) -> dict[StreamKey, str]:
    """Name streams by their source, with topic and family added where that is not unique; by topic without a source.

    The same rule serves topics and files that name their topic and source, so that a stream has one name in both.

    Examples
    --------
    >>> a, b = StreamKey("T", "det", "events"), StreamKey("U", "det", "events")
    >>> name_streams([a, b])[b]
    'U/det'
    """
    unique = list(dict.fromkeys(keys))
    by_source = Counter(key.source for key in unique)
    by_pair = Counter((key.topic, key.source) for key in unique)
    names: dict[StreamKey, str] = {}
    for key in unique:
        if not key.source and by_pair[key.topic, ""] == 1:
            names[key] = key.topic
        elif key.source and by_source[key.source] == 1:
            names[key] = key.source
        elif by_pair[key.topic, key.source] == 1:
            names[key] = f"{key.topic}/{key.source}"
        else:
            names[key] = f"{key.topic}/{key.source}/{key.family}"
    return names
