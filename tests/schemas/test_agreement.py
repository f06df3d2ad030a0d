"""The FlatBuffers library's own verifier and our decoder say the same of every message, but for what is listed here."""

import json
import re
from collections import Counter
from itertools import cycle, islice

import flatbuffers
import numpy as np
import pytest

from livedata import schemas
from livedata.errors import DecodeError
from livedata.schemas import read
from livedata.schemas.cursor import Cursor
from tests.schemas import verifier as cpp
from tests.schemas.generate import plain, random_bytes

N_GENERATED = 10_000
N_DAMAGED = 30_000
ARRAY = 7
"""Code of a list in ns11."""

STRICTER = {
    "a text is not UTF-8": r"is not UTF-8",
    "a union's code that no member has": r"code \d+ is none of union",
    "a union's code without its value": r"comes without a value",
    "a required union of kind NONE": r"of kind NONE",
    "a table shorter than the places of its fields": r"leads out of its table|a table of \d+ bytes is too short",
    "a vtable without room for both sizes": r"a vtable of \d+ bytes is odd, too short|the vtable at \d+ lies outside",
    "an element at its own offset": r"offset 0 leads out",
    "parts that share memory": r"share memory|overlap",
}
"""What our decoder refuses and the verifier takes, and how our errors say it."""


class WithNone(Cursor):
    """Looks where the value of a union stands even when its kind is NONE; our decoder takes that for nothing.

    This is all that the verifier refuses and our decoder takes, alignment apart.
    """

    def code(self, field, union, pos, size, entries):
        code = super().code(field, union, pos, size, entries)
        if not code and entries[field.id]:
            self.target(pos + entries[field.id])
        return code


@pytest.fixture(scope="module")
def verdicts(flatc, tmp_path_factory) -> cpp.Verifier:
    return cpp.build(flatc, tmp_path_factory.mktemp("verifier"))


@pytest.fixture(scope="module")
def generated() -> list[tuple[str, bytes]]:
    rng = np.random.default_rng(20261121)
    kinds = cycle([plain(schema_id) for schema_id in schemas.SCHEMAS])
    return [(kind.id, random_bytes(kind, rng)) for kind in islice(kinds, N_GENERATED)]


def refusal(data: bytes) -> str:
    """Return why our decoder refuses a message; an empty text when it takes it."""
    try:
        schemas.decode(data)
    except DecodeError as error:
        return str(error)
    return ""


def is_sound_with_none(schema_id: str, data: bytes) -> bool:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read, "Cursor", WithNone)
        try:
            read.decode_as(schemas.SCHEMAS[schema_id], data)
        except DecodeError:
            return False
    return True


@pytest.mark.shared
def test_messages_of_other_programs_are_sound_to_both(verdicts, vectors):
    messages = [(i, path.read_bytes()) for i in schemas.SCHEMAS for path in sorted((vectors / i).glob("*.bin"))]
    assert len(messages) >= 409
    assert set(verdicts(messages)) == {cpp.SOUND}
    assert not any(refusal(data) for _, data in messages)


@pytest.mark.shared
def test_hostile_messages_are_unsound_to_both(verdicts, vectors):
    told = json.loads((vectors / "hostile" / "index.json").read_text())["messages"]
    messages = [(m["schema"], (vectors / "hostile" / m["file"]).read_bytes()) for m in told]
    found = [v == cpp.SOUND for v in verdicts(messages)]
    assert found == [m["reference_verifier_accepts"] for m in told]
    assert all(refusal(data) for (_, data), is_sound in zip(messages, found, strict=True) if not is_sound)


def test_generated_messages_are_sound_to_both(verdicts, generated):
    assert len(generated) == N_GENERATED
    assert Counter(verdicts(generated)) == {cpp.SOUND: N_GENERATED}
    assert not any(refusal(data) for _, data in generated)


def test_damaged_messages_are_judged_alike_but_for_what_is_listed(verdicts, generated):
    rng = np.random.default_rng(1)
    picked = [generated[i] for i in rng.integers(0, N_GENERATED, N_DAMAGED)]
    messages = [(name, damaged(data, rng)) for name, data in picked]
    reasons: Counter[str] = Counter()
    for (name, data), verdict in zip(messages, verdicts(messages), strict=True):
        why = refusal(data)
        if verdict == cpp.UNSOUND:
            reasons["unsound to both" if why else "unsound where there is NONE"] += 1
            assert why or not is_sound_with_none(name, data), (name, data.hex())
        elif why:
            listed = [reason for reason, words in STRICTER.items() if re.search(words, why)]
            assert listed, (name, why, data.hex())
            reasons[listed[0]] += 1
        else:
            reasons["sound to both"] += 1
    assert reasons["sound to both"] > N_DAMAGED / 20, reasons
    assert reasons["unsound to both"] > N_DAMAGED / 20, reasons


def test_parts_that_share_memory_are_refused_by_us_alone(verdicts):
    data = tower(height=3, width=40)
    assert verdicts([("ns11", data)]) == cpp.SOUND
    assert re.search(STRICTER["parts that share memory"], refusal(data))


def tower(height: int, width: int) -> bytes:
    """Return an ns11 message with lists in lists, in which all elements of a list are one and the same."""
    builder = flatbuffers.Builder()
    builder.StartObject(2)
    inner = builder.EndObject()
    for _ in range(height):
        builder.StartObject(2)
        builder.PrependUint8Slot(0, ARRAY, 0)
        builder.PrependUOffsetTRelativeSlot(1, inner, 0)
        element = builder.EndObject()
        builder.StartVector(4, width, 4)
        for _ in range(width):
            builder.PrependUOffsetTRelative(element)
        elements = builder.EndVector()
        builder.StartObject(2)
        builder.PrependUOffsetTRelativeSlot(0, elements, 0)
        inner = builder.EndObject()
    builder.StartObject(6)
    builder.PrependUint8Slot(4, ARRAY, 0)
    builder.PrependUOffsetTRelativeSlot(5, inner, 0)
    builder.Finish(builder.EndObject(), b"ns11")
    return bytes(builder.Output())


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """Return a message with one to three changes of bits, words or its length; its identifier stays."""
    out = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(8, len(out)))
        change = rng.integers(0, 5)
        if change == 0:
            out[at] ^= 1 << int(rng.integers(0, 8))
        elif change == 1:
            word = int(rng.choice([0, 1, 2, 4, 8, len(out), len(out) - 4, 0x7FFFFFFF, 0xFFFFFFFF]))
            at -= at % 4
            out[at : at + 4] = word.to_bytes(4, "little")
        elif change == 2:
            at -= at % 2
            out[at : at + 2] = int(rng.integers(0, 48)).to_bytes(2, "little")
        elif change == 3 and len(out) > 24:
            del out[max(at, 16) :]
        else:
            other = int(rng.integers(8, len(out)))
            out[at - at % 4 : at - at % 4 + 4] = out[other - other % 4 : other - other % 4 + 4]
    return bytes(out)
