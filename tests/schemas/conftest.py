"""Messages to test with: the shared ones, and one laid out by hand, byte by byte."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from struct import pack

import pytest


@pytest.fixture(scope="session")
def vectors() -> Path:
    checkout = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get("LIVEDATA_SHARED", checkout.parent / "shared")) / "vectors"
    if not folder.is_dir():
        pytest.skip(f"no shared messages in {folder}; set LIVEDATA_SHARED")
    return folder


@pytest.fixture(scope="session")
def flatc() -> Callable[..., None]:
    """Run the FlatBuffers compiler."""
    program = shutil.which("flatc")
    if program is None:
        pytest.fail("flatc is missing; get it with: apt-get install flatbuffers-compiler")

    def run(*arguments: object) -> None:
        done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    return run


@pytest.fixture
def raw() -> bytearray:
    """Return an ev44 message laid out by hand: 2 pulses, 3 events. Positions are those of the comments."""
    return bytearray(
        pack("<I4s", 28, b"ev44")  # 0 root offset, 4 identifier
        + pack("<HH6H", 16, 32, 4, 8, 16, 20, 24, 28)  # 8 vtable, 12 first entry
        + pack("<I", 0)  # 24 padding
        + pack("<i", 20)  # 28 table: vtable is 20 bytes before
        + pack("<I", 28)  # 32 source_name -> 60
        + pack("<q", 7)  # 36 message_id
        + pack("<I", 24)  # 44 reference_time -> 68
        + pack("<I", 40)  # 48 reference_time_index -> 88
        + pack("<I", 48)  # 52 time_of_flight -> 100
        + pack("<I", 60)  # 56 pixel_id -> 116
        + pack("<I3sx", 3, b"det")  # 60 text, terminator at 67
        + pack("<I2q", 2, 1000, 2000)  # 68
        + pack("<I2i", 2, 0, 2)  # 88
        + pack("<I3i", 3, 10, 20, 30)  # 100
        + pack("<I3i", 3, 1, 2, 3)  # 116 to 132
    )
