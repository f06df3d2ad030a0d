"""``livedata decode``: what messages say, from files or from live topics, one line each."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ArgumentError, DecodeError, FileError
from .interrupt import until_interrupted
from .target import is_file, refuse_memory

if TYPE_CHECKING:
    from ..transport.protocol import Partition, Record, Transport

LAST = 10
"""Messages shown of what is there already, before following."""
_HDF5 = b"\x89HDF\r\n\x1a\n"


def decode(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...|URL",
            help="Files of one message each, folders with *.bin files, - for stdin; or kafka://host:port.",
            show_default=False,
        ),
    ],
    topics: Annotated[
        list[str] | None,
        typer.Option("--topic", metavar="T", help="Name or pattern; may be repeated. Else all.", show_default=False),
    ] = None,
    schema: Annotated[
        str | None, typer.Option(metavar="ID", help="Only messages of this schema.", show_default=False)
    ] = None,
    source: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this source; a name or pattern.", show_default=False)
    ] = None,
    number: Annotated[
        int | None,
        typer.Option(
            "-n",
            metavar="N",
            min=1,
            help="End after N messages; without --start, the last N that are there. Else until Ctrl-C.",
            show_default=False,
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            metavar="WHEN",
            help=f"now, earliest, a time such as 2026-01-31T12:00, or '-10 min'. Else the last {LAST} messages.",
            show_default=False,
        ),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", help="Wait for new messages, or end with those there are.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print each message's content as one line of JSON.")] = False,
) -> None:
    """Look into messages: time, topic, partition/offset, schema, source, and what they say; after a ! what is odd."""
    if schema is not None and len(schema) != 4:
        raise ArgumentError(f"--schema {schema}: a schema id has four characters, such as f144")
    printer = Printer(schema, source, number, as_json=as_json)
    if all(target == "-" or is_file(target) for target in targets):
        for option, given in (("--topic", topics), ("--start", start)):
            if given:
                raise ArgumentError(f"{option} {given}: a file has no topics and no past; it is for a broker")
        decode_files(targets, printer)
        return
    if len(targets) > 1:
        raise ArgumentError(f"{' '.join(targets)}: expected files, or one address such as kafka://host:port")
    url = targets[0]
    refuse_memory(url)
    with until_interrupted():
        decode_topics(url, topics, start, printer, follow=follow)


class Printer:
    """Prints messages that are wanted, a line each, until it has had enough."""

    def __init__(self, schema: str | None, source: str | None, number: int | None, *, as_json: bool) -> None:
        self.schema, self.source, self.number = schema, source, number
        self.n_unsound = 0
        self._as_json = as_json
        self._left = number
        self._widths = [0] * 5

    @property
    def is_done(self) -> bool:
        """Whether as many were printed as were asked for."""
        return self._left == 0

    def reserve(self, topics: Sequence[str]) -> None:
        """Make the column of topics wide enough from the start."""
        self._widths[1] = max(map(len, topics), default=0)

    def take(self, records: Sequence[Record], _steps: object = None) -> None:
        """Print those of some records that are wanted."""
        from ..session.seen import is_wanted

        for record in records:
            if self.is_done:
                break
            if is_wanted(record.value, self.schema, self.source):
                self._print(record)
                self._left = None if self._left is None else self._left - 1
        # Whoever reads from a pipe sees a message when it comes, not when a buffer is full.
        sys.stdout.flush()

    def _print(self, record: Record) -> None:
        from ..session.peek import lined
        from ..session.seen import look

        if self._as_json:
            self._print_json(record)
            return
        seen = look(record)
        # An empty payload means something on a topic; a file without a message is just that.
        self.n_unsound += seen.message is None and (bool(record.value) or record.offset < 0)
        *cells, said = lined(seen)
        if record.offset < 0:
            cells = [cells[1], *cells[3:]]
        self._widths[: len(cells)] = map(max, self._widths, map(len, cells))
        line = "  ".join(map(str.ljust, cells, self._widths))
        if seen.message is None:
            said = f"! {said}"
        typer.echo(f"{line}  {_dim(said) if seen.message is None else said}{_odd(seen.warnings)}".rstrip())

    def _print_json(self, record: Record) -> None:
        from ..schemas import wire

        try:
            content = wire(record.value)
        except DecodeError as error:
            self.n_unsound += 1
            place = f"{record.topic} {record.partition}/{record.offset}" if record.offset >= 0 else record.topic
            typer.echo(printable(f"livedata: {place}: {error}"), err=True)
            return
        line = json.dumps(content, ensure_ascii=False, allow_nan=False)
        # JSON itself escapes only what is below a space; more than that steers a terminal.
        typer.echo(line if line.isprintable() else json.dumps(content, allow_nan=False))


def decode_files(targets: Sequence[str], printer: Printer) -> None:
    """Print the messages in files.

    Raises
    ------
    FileError
        At the end, if some held no sound message.
    """
    from ..transport.protocol import NO_TIMESTAMP, Record

    n = 0
    for name, content in read_files(targets):
        if printer.is_done:
            break
        n += 1
        printer.take([Record(name, 0, -1, NO_TIMESTAMP, None, content, ())])
    if printer.n_unsound:
        raise FileError(f"{printer.n_unsound} of {n} files hold no sound message")


def read_files(targets: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each file, of each ``*.bin`` file in and below folders, and of stdin."""
    for target in targets:
        if target == "-":
            yield "-", sys.stdin.buffer.read()
            continue
        path = Path(target)
        if not path.exists():
            raise FileError(f"no file {target!r}; give files of one message each, or an address: kafka://host:port")
        if path.is_dir():
            files = sorted(path.rglob("*.bin"))
            if not files:
                raise FileError(f"no *.bin files in {target!r}; name the files with messages one by one")
        else:
            files = [path]
        for file in files:
            yield str(file), read_message(file)


def read_message(path: Path) -> bytes:
    """Return a file's content if it can be one message."""
    from ..transport.message import MAX_MESSAGE_BYTES

    with path.open("rb") as file:
        content = file.read(MAX_MESSAGE_BYTES + 1)
    if content.startswith(_HDF5):
        raise FileError(f"{path} is an HDF5 file, not a message; see what it holds with: livedata info {path}")
    if len(content) > MAX_MESSAGE_BYTES:
        raise FileError(f"{path} is larger than a message can be ({MAX_MESSAGE_BYTES:,} bytes)")
    return content


def decode_topics(url: str, topics: Sequence[str] | None, start: str | None, printer: Printer, *, follow: bool) -> None:
    """Print the messages of a broker's topics: those asked for, then new ones as they come."""
    from ..session.tail import find_topics, last_records
    from ..streams.history import read_ranges
    from ..streams.start import parse_start, start_offsets
    from ..transport import open_transport

    begin = None if start is None else parse_start(start)
    transport = open_transport(url)
    try:
        partitions = find_topics(transport, topics)
        printer.reserve([p.topic for p in partitions])
        if begin is None:
            n = printer.number or LAST
            tail = last_records(transport, partitions, n, schema=printer.schema, source=printer.source)
            printer.take(tail.records)
            if tail.note:
                typer.echo(f"livedata: {tail.note}", err=True)
            if printer.number is None and follow:
                follow_topics(transport, tail.ends, printer)
            return
        positions = start_offsets(transport, partitions, begin)
        if follow:
            follow_topics(transport, positions, printer)
            return
        marks = transport.watermarks(partitions)
        ranges = {p: (positions[p], marks[p].high) for p in partitions}
        read_ranges(transport, ranges, printer.take, stopped=lambda: printer.is_done)
    finally:
        transport.close()


def follow_topics(transport: Transport, positions: Mapping[Partition, int], printer: Printer) -> None:
    """Print messages as they come, until there were enough."""
    consumer = transport.consumer()
    was_lost = False
    try:
        consumer.assign(positions)
        while not printer.is_done:
            printer.take(consumer.fetch(0.2))
            contact = consumer.contact
            if contact.is_lost != was_lost:
                was_lost = contact.is_lost
                said = f"the broker does not answer: {contact.reason}" if was_lost else "the broker answers again"
                typer.echo(printable(f"livedata: {said}"), err=True)
    finally:
        consumer.close()


def printable(text: str) -> str:
    """Return one line in which nothing steers a terminal."""
    return "".join(c if c.isprintable() else "?" for c in " ".join(text.split()))


def _dim(text: str) -> str:
    return typer.style(text, dim=True) if sys.stdout.isatty() else text


def _odd(warnings: str) -> str:
    return f"  {_dim(f'! {warnings}')}" if warnings else ""
