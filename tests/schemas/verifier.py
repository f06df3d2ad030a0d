"""The FlatBuffers library's own verifier in C++, built from what its compiler makes of our schema texts."""

import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from struct import pack

import pytest

from livedata.schemas import SCHEMAS
from livedata.schemas.registry import folder

HEADERS = ("/usr/include", "/usr/local/include", "/opt/homebrew/include")

SOUND, UNALIGNED, UNSOUND, UNKNOWN = "2", "1", "0", "?"

Verifier = Callable[[Iterable[tuple[str, bytes]]], Sequence[str]]
"""Verdicts on messages, each given with the schema it is to be checked against."""


def build(flatc: Callable[..., None], work: Path) -> Verifier:
    """Compile the verifier, a matter of seconds, and return a function that asks it."""
    compiler = shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")
    if compiler is None:
        pytest.fail("a C++ compiler is missing; get it with: apt-get install g++")
    if not any(Path(place, "flatbuffers", "flatbuffers.h").is_file() for place in HEADERS):
        pytest.fail("the FlatBuffers headers are missing; get them with: apt-get install libflatbuffers-dev")
    flatc("--cpp", "-o", work, *(folder() / f"{name}.fbs" for name in SCHEMAS))
    lines = [f'#include "{name}_generated.h"' for name in SCHEMAS]
    roots = [f'ROOT("{name}", {schema.layout.root.replace(".", "::")})' for name, schema in SCHEMAS.items()]
    (work / "roots.h").write_text("\n".join([*lines, "#define ROOTS \\", " \\\n".join(roots), ""]))
    program = work / "verifier"
    source = Path(__file__).with_name("verifier.cpp")
    command = [compiler, "-std=c++17", "-O1", "-I", work, "-o", program, source]
    done = subprocess.run(command, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 0, done.stderr

    def ask(messages: Iterable[tuple[str, bytes]]) -> Sequence[str]:
        fed = b"".join(pack("<4sI", name.encode("ascii"), len(data)) + data for name, data in messages)
        return subprocess.run([program], input=fed, capture_output=True, timeout=100, check=True).stdout.decode("ascii")

    return ask
