"""What must hold for any bytes whatever: only `DecodeError`, both decoders alike, and bounds on time and memory."""

from __future__ import annotations

import json
import tracemalloc
from contextlib import suppress
from time import perf_counter_ns

from livedata import schemas
from livedata.errors import DecodeError
from livedata.schemas.fast import fast_decoder
from livedata.schemas.read import decode_as
from livedata.schemas.registry import Schema

FREE_BYTES = 64 * 1024
BYTES_PER_BYTE = 4
SLOWEST = 50
"""Times its schema's median that a message may take."""


class Finding(AssertionError):
    """Something that must not happen."""


class Judge:
    """Examines messages that claim to be of one schema."""

    def __init__(self, schema: Schema) -> None:
        self.schema, self.identifier = schema, schema.id.encode("ascii")
        self.fast = fast_decoder(schema)

    def examine(self, data: bytes, *, thoroughly: bool = False) -> tuple[bool, int]:
        """Examine one message; return whether it is accepted and how many ns decoding takes.

        Parameters
        ----------
        data
            Any bytes.
        thoroughly
            Whether to look at everything that can be done with a message, and at the memory it takes.

        Raises
        ------
        Finding
            If something is not as it must be. Any other error is a finding, too.
        """
        start = perf_counter_ns()
        try:
            message = schemas.decode(data)
        except DecodeError as error:
            message, refusal = None, error
        took = perf_counter_ns() - start
        if data[4:8] != self.identifier:
            return message is not None, took
        if message is None:
            self._refused(data, refusal)
        else:
            self._accepted(data, message, thoroughly=thoroughly)
        if thoroughly:
            judge_memory(data)
        return message is not None, took

    def _refused(self, data: bytes, refusal: DecodeError) -> None:
        if self.fast(data) is not None:
            raise Finding("the fast decoder accepts what decode refuses")
        if len(data) >= 8 and (refusal.schema != self.schema.id or not 0 <= refusal.offset <= len(data) + 4):
            raise Finding(f"the error does not tell its place: {refusal!r}, byte {refusal.offset}")
        for read in (schemas.wire, schemas.source_of):
            try:
                read(data)
            except DecodeError:
                continue
            if read is schemas.wire:
                raise Finding(f"wire accepts what decode refuses: {refusal}")

    def _accepted(self, data: bytes, message: schemas.Message, *, thoroughly: bool) -> None:
        try:
            expected = decode_as(self.schema, data)
        except DecodeError as error:
            raise Finding(f"decode accepts what the plain decoder refuses: {error}") from error
        if message != expected:
            raise Finding("the decoders do not agree")
        try:
            content = schemas.wire(data)
        except DecodeError as error:
            if "overlap" not in error.problem:
                raise Finding(f"wire refuses what decode accepts: {error}") from error
            content = {}
        remarks = schemas.check(message)
        if not all(type(remark) is str for remark in remarks):
            raise Finding(f"remarks that are no texts: {remarks}")
        field = self.schema.source_field
        if field is not None and schemas.source_of(data) != (getattr(message, field.name) or ""):
            raise Finding("source_of finds another source than decode")
        if thoroughly:
            json.dumps(content, allow_nan=False)
            repr(message)
            if not self.schema.is_read_only and schemas.decode(schemas.encode(message)) != message:
                raise Finding("encoding changes the message")


def judge_memory(data: bytes) -> None:
    """Measure what decoding takes at most beside the message itself."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        with suppress(DecodeError):
            schemas.decode(data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    if peak - before > FREE_BYTES + BYTES_PER_BYTE * len(data):
        raise Finding(f"{peak - before} bytes to decode {len(data)}")


def best_time_ns(data: bytes, turns: int = 5) -> int:
    """Return the shortest time of some turns."""
    times = []
    for _ in range(turns):
        start = perf_counter_ns()
        with suppress(DecodeError):
            schemas.decode(data)
        times.append(perf_counter_ns() - start)
    return min(times)
