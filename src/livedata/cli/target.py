"""What a command's FILE or URL argument means: a file, a broker's address, or a broker's name in the settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ArgumentError, FileError

if TYPE_CHECKING:
    from ..session import Streams
    from ..streams.extent import Extent


def is_file(target: str) -> bool:
    """Whether the text means a file: it is no address, and no broker of that name is in the settings."""
    if "://" in target:
        return False
    if Path(target).exists() or "/" in target:
        return True
    from ..transport.site import find_settings_file, read_settings

    settings = find_settings_file()
    return settings is None or target not in read_settings(settings).broker


def check_file(target: str) -> None:
    """Refuse what cannot be a file before anything is opened for it."""
    if not Path(target).exists():
        raise FileError(f"no file {target!r}; give the path of a NeXus file, or an address such as kafka://host:port")


@contextmanager
def opened(target: str, *, topics: str | None = None) -> Iterator[Streams]:
    """Open a file, or connect to a broker; leave it at the end."""
    from .. import session

    if is_file(target):
        refuse_topics(topics)
        check_file(target)
        yield session.open(target)
        return
    refuse_memory(target)
    streams = session.connect(target, topics=topics)
    try:
        yield streams
    finally:
        streams.close()


def refuse_memory(url: str) -> None:
    """Explain that no other process can see what is in this one's memory."""
    if url.startswith("memory://"):
        raise ArgumentError(f"{url} lives inside one process and is empty here; expected a file or kafka://host:port")


def refuse_file(target: str) -> None:
    """Explain that a command needs a broker."""
    if is_file(target) and "/" in target:
        raise ArgumentError(f"{target} is a file; expected a broker's address, such as kafka://host:port")


def refuse_topics(topics: str | None) -> None:
    """Explain that a file has no topics to choose from."""
    if topics is not None:
        raise ArgumentError(f"--topics {topics}: a file has no topics; it chooses among those of a broker")


def everything_now(url: str, topic: str) -> Extent:
    """Return the extent of all that a topic holds at this moment."""
    from ..streams.extent import Extent
    from ..transport import Partition, open_transport

    transport = open_transport(url)
    try:
        partitions = [Partition(topic, i) for i in range(transport.topics().get(topic, 0))]
        marks = transport.watermarks(partitions)
        return Extent(offsets={partition: (mark.low, mark.high) for partition, mark in marks.items()})
    finally:
        transport.close()
