"""One message that somebody looks at: where it lay, what it is, what it says, and what is odd about it."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from .. import schemas
from ..errors import DecodeError
from ..schemas.show.summary import summary
from ..schemas.show.wording import clean, utc
from ..transport.protocol import Record

_TEXT = 200


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A record, decoded as far as it goes. Made by `look`."""

    record: Record
    schema: str
    """Schema id that the message claims; empty when it has none."""
    source: str
    """Name that, with the topic, says which stream it belongs to; empty for messages of no stream."""
    message: schemas.Message | None
    """None where it cannot be decoded."""
    problem: str = ""
    """Why it cannot be decoded."""
    remarks: tuple[str, ...] = ()
    """What is odd about its content."""

    @property
    def time(self) -> str:
        """Record time in UTC, to the millisecond; empty when it has none."""
        return utc(self.record.timestamp_ms, "ms") if self.record.timestamp_ms > 0 else ""

    @property
    def place(self) -> str:
        """Partition and offset."""
        return f"{self.record.partition}/{self.record.offset}"

    @property
    def summary(self) -> str:
        """What it says, in one line of printable characters."""
        return clean(self.problem, _TEXT) if self.message is None else summary(self.message)

    @property
    def warnings(self) -> str:
        """What is odd, in one line of printable characters."""
        return clean("; ".join(self.remarks), _TEXT)

    def __repr__(self) -> str:
        where = f"{clean(self.record.topic)} {self.place}"
        said = (self.time, where, clean(self.schema), clean(self.source), self.summary)
        odd = f"  ! {self.warnings}" if self.remarks else ""
        return f"<{'  '.join(text for text in said if text)}{odd}>"

    def _repr_html_(self) -> str | None:
        from ..schemas.show.html import message_html

        return None if self.message is None else message_html(self.message)


def look(record: Record) -> Seen:
    """Decode a record; what is wrong with it becomes its `problem`."""
    if not record.value:
        return Seen(record, "", "", None, "no payload" + (" (its key is to be forgotten)" if record.key else ""))
    schema = source = ""
    try:
        schema = schemas.identify(record.value)
        source = schemas.source_of(record.value)
        message = schemas.decode(record.value)
    except DecodeError as error:
        return Seen(record, schema, source, None, str(error))
    return Seen(record, schema, source, message, remarks=tuple(schemas.check(message)))


def is_wanted(value: bytes, schema: str | None, source: str | None) -> bool:
    """Whether a message is of a schema and source; decodes no more than that needs.

    Parameters
    ----------
    value
        One whole message.
    schema
        An id; None for any.
    source
        A name, or a pattern with ``*`` and ``?``; None for any.
    """
    if schema is None and source is None:
        return True
    try:
        if schema is not None and schemas.identify(value) != schema:
            return False
        if source is None:
            return True
        name = schemas.source_of(value)
    except DecodeError:
        return False
    return name == source or fnmatchcase(name, source)
