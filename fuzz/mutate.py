"""Ways to spoil a message."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

NUMBERS = (0, 1, 2, 3, 4, 5, 7, 8, 16, 63, 64, 127, 128, 255, 256, 1000, 0x7FFF, 0x8000, 0xFFFF, 2**31 - 1, 2**31)
Mutation = Callable[[bytearray, Random, Sequence[bytes]], None]


def mutated(seeds: Sequence[bytes], rng: Random) -> bytes:
    """Return a spoilt copy of one of the seeds: one to four changes of any kind."""
    data = bytearray(rng.choice(seeds))
    identifier = bytes(data[4:8])
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        rng.choice(MUTATIONS)(data, rng, seeds)
        if not data:
            break
    # The interesting part comes behind the identifier.
    if len(data) >= 8 and rng.random() < 0.97:
        data[4:8] = identifier
    return bytes(data)


def flip_bits(data: bytearray, rng: Random, seeds: Sequence[bytes]) -> None:
    """Flip a few bits anywhere."""
    for _ in range(rng.randint(1, 4)):
        if data:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def set_bytes(data: bytearray, rng: Random, seeds: Sequence[bytes]) -> None:
    """Overwrite a few bytes in a row."""
    if data:
        at = rng.randrange(len(data))
        n = min(rng.choice((1, 1, 2, 4, 8)), len(data) - at)
        data[at : at + n] = rng.choice((b"\0" * n, b"\xff" * n, rng.randbytes(n)))


def truncate(data: bytearray, rng: Random, seeds: Sequence[bytes]) -> None:
    """Cut the end off."""
    del data[rng.randint(0, len(data)) :]


def edit_offset(data: bytearray, rng: Random, seeds: Sequence[bytes]) -> None:
    """Change a four-byte number: an offset, a count, the way to a vtable."""
    if len(data) >= 8:
        at = rng.randrange(0, len(data) - 3) & (~3 if rng.random() < 0.9 else ~0)
        now = int.from_bytes(data[at : at + 4], "little")
        new = rng.choice((now + rng.randint(-16, 16), now + 4, now - 4, rng.choice(NUMBERS), rng.randrange(len(data))))
        data[at : at + 4] = (new % 2**32).to_bytes(4, "little")


def share_target(data: bytearray, rng: Random, seeds: Sequence[bytes]) -> None:
    """Make two offsets lead to one place."""
    if len(data) >= 16:
        a, b = (rng.randrange(0, len(data) - 3) & ~3 for _ in range(2))
        target = a + int.from_bytes(data[a : a + 4], "little")
        data[b : b + 4] = ((target - b) % 2**32).to_bytes(4, "little")


def edit_entry(data: bytearray, rng: Random, seeds: Sequence[bytes]) -> None:
    """Change a two-byte number: an entry of a vtable, its length or its table's."""
    if len(data) >= 8:
        at = rng.randrange(0, len(data) - 1) & ~1
        now = int.from_bytes(data[at : at + 2], "little")
        new = rng.choice((0, now + rng.randint(-4, 4), rng.choice(NUMBERS), rng.randrange(64)))
        data[at : at + 2] = (new % 2**16).to_bytes(2, "little")


def splice(data: bytearray, rng: Random, seeds: Sequence[bytes]) -> None:
    """Go on as another message from some place on."""
    other = rng.choice(seeds)
    at = rng.randint(0, min(len(data), len(other)))
    data[at:] = other[at:] if rng.random() < 0.5 else other[rng.randint(0, len(other)) :]


def repeat(data: bytearray, rng: Random, seeds: Sequence[bytes]) -> None:
    """Insert a copy of a part, or take a part out."""
    a, b = sorted(rng.randint(0, len(data)) for _ in range(2))
    if rng.random() < 0.5 and b - a < 1000:
        at = rng.randint(0, len(data))
        data[at:at] = data[a:b]
    else:
        del data[a : min(b, a + 64)]


def randomise(data: bytearray, rng: Random, seeds: Sequence[bytes]) -> None:
    """Leave the head and make the rest random; seldom everything."""
    at = rng.choice((0, 8, 8, 8, rng.randint(0, len(data))))
    data[at:] = rng.randbytes(min(len(data), 512))


MUTATIONS: tuple[Mutation, ...] = (
    flip_bits,
    flip_bits,
    set_bytes,
    set_bytes,
    truncate,
    edit_offset,
    edit_offset,
    edit_offset,
    share_target,
    edit_entry,
    edit_entry,
    splice,
    repeat,
    randomise,
)
