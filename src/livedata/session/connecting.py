"""The ways in: connect to a broker, open a file, run the simulated instrument, replay a file."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from ..streams.connection import Connection
from ..streams.key import StreamKey
from ..streams.start import Start, parse_start
from ..transport import open_transport
from .cells import made_in_this_cell
from .file import FileStreams
from .live import LiveStreams, topic_patterns

if TYPE_CHECKING:
    from ..sources.replay import Replay
    from ..sources.simulate import Simulation

PathLike = str | os.PathLike[str]

SWITCH_S = 0.001

_simulations: dict[str, Simulation] = {}


def connect(
    url: str,
    *,
    instrument: PathLike | None = None,
    topics: str | Iterable[str] | None = None,
    start: Start = "now",
    memory: int | str | None = None,
    settings: Mapping[str, str] | None = None,
) -> LiveStreams:
    """Connect to a broker and see its topics as streams.

    Parameters
    ----------
    url
        ``kafka://host:port[,host:port]``, ``memory://NAME``, or the name of a broker in the site's settings file.
    instrument
        A NeXus file, a NeXus JSON template or a small file of ours that says which streams there are and where their
        pixels stand. Without one, streams are discovered from the last messages of each partition.
    topics
        Name or pattern (``*``, ``?``) of the topics, or several; needed where a broker has more than 50.
    start
        Where every stream begins: ``"now"``, ``"earliest"``, a datetime, an ISO time, ``"-10 min"``, or offsets as
        ``{(topic, partition): offset}``. The last value of each log from before the start is found, too.
    memory
        How much of the watched streams is kept to be counted anew at once, in bytes or as ``"4 GB"``; None takes a
        quarter of the free memory, at most 2 GB. What is older is read back from its topic.
    settings
        Settings for the Kafka client, such as those of TLS and SASL.

    Raises
    ------
    BrokerUnreachable
        If nobody answers at the address.
    SettingsError, ArgumentError
        If the address, the instrument file or an argument cannot be used.
    """
    told = None
    if instrument is not None:
        from ..nexus import load_instrument

        told = load_instrument(instrument)
    patterns = topic_patterns(topics)
    if patterns is None and told is not None and told.topics:
        patterns = list(told.topics)
    begin = parse_start(start)
    share_interpreter()
    transport = open_transport(url, settings=settings)
    try:
        connection = Connection(transport, topics=patterns, start=begin, memory=memory)
    except BaseException:
        transport.close()
        raise
    warm_up()
    known, geometries = (told.streams, told.geometries) if told is not None else (None, None)
    return LiveStreams(connection, known=known, geometries=geometries)


def open(path: PathLike) -> FileStreams:
    """Open a NeXus file: the same mapping of streams, every view of which comes out complete.

    Raises
    ------
    FileError
        If the file is missing, is no HDF5 file or is damaged.
    """
    from ..nexus import open_file

    streams = FileStreams(open_file(os.fspath(path)))
    warm_up()
    return streams


def demo(rate: float = 1e6, seed: int = 0, url: str = "memory://demo") -> LiveStreams:
    """Start a simulated instrument and connect to it: nothing to install, no broker needed.

    Parameters
    ----------
    rate
        Events per second, a tenth of them in the monitor.
    seed
        Same seed, same events.
    url
        Where it publishes. One simulation runs at a time on each address; a new one replaces it.
    """
    from ..sources.simulate import start_simulation

    if (running := _simulations.pop(url, None)) is not None:
        running.stop(wait=True)
    share_interpreter()
    transport = open_transport(url)
    connection = Connection(transport, topics=["DEMO_*"])
    simulation = start_simulation(url, rate=rate, seed=seed)
    _simulations[url] = simulation
    warm_up()
    # Known from the start: on the very first use, seconds pass until everything is compiled and data flow.
    events = {name: StreamKey(simulation.events_topic, name, "events") for name in ("detector", "monitor")}
    logs = {name: StreamKey(simulation.logs_topic, name, "log") for name in ("temperature", "chopper_speed")}
    known = {name: (key, simulation.layouts.get(name)) for name, key in (events | logs).items()}
    streams = LiveStreams(connection, known=known, geometries=simulation.geometries, source=simulation)
    made_in_this_cell(simulation)
    return streams


def replay(
    path: PathLike,
    to: str,
    *,
    speed: float | Literal["max"] = 1.0,
    loop: bool = False,
    times: Literal["now", "original"] = "now",
    topics: str | None = None,
    message_size: int | None = None,
    partitions: int = 1,
) -> Replay:
    """Publish a NeXus file as the messages it could have been made from, in the background.

    Parameters
    ----------
    path
        Any NeXus file with NXevent_data or NXlog groups.
    to
        Address as in `connect`.
    speed
        1 is real time, 10 ten times as fast, ``"max"`` as fast as it goes.
    loop
        Begin again at the end.
    times
        ``"now"`` moves the times in the messages to now; ``"original"`` leaves them.
    topics
        What topic names begin with; None takes the instrument's name from the file.
    message_size
        Events a message: smaller entries are put together, larger ones split. None sends a message for each entry.
    partitions
        Number of partitions of the event topic, when it is new.

    Raises
    ------
    FileError
        If the file cannot be read.
    """
    from ..sources.replay import start_replay

    handle = start_replay(
        os.fspath(path),
        to,
        speed=speed,
        loop=loop,
        times=times,
        topics=topics,
        message_size=message_size,
        partitions=partitions,
    )
    made_in_this_cell(handle)
    return handle


def share_interpreter() -> None:
    """Give threads that read, count and draw their turn within a millisecond while a cell computes.

    Python hands the interpreter on every 5 ms unless told otherwise; with a dozen turns for each message, a busy cell
    would leave pictures seconds behind. A shorter interval costs a cell nothing while no thread wants a turn.
    """
    if sys.getswitchinterval() > SWITCH_S:
        sys.setswitchinterval(SWITCH_S)


def warm_up() -> None:
    """Load compiled loops and units in the background, so that the first view need not wait for them."""

    def load() -> None:
        from ..reduce.fold.build import warm_up
        from ..reduce.units import exact_factor

        exact_factor("ms", "ns")
        warm_up()

    threading.Thread(target=load, name="livedata-warm-up", daemon=True).start()
