"""A hundred thousand spoilt messages, evenly over all schemas; ``make fuzz`` takes two million, and others."""

import sys
from random import Random

import pytest

from fuzz import guided
from fuzz.chance import SLOWEST, examine
from fuzz.judge import Finding, Judge
from fuzz.mutate import MUTATIONS, mutated
from fuzz.seeds import seeds
from livedata import schemas
from livedata.schemas import SCHEMAS

N = 100_000


@pytest.mark.slow
def test_no_spoilt_message_breaks_anything():
    verdict = examine(N, seed=1, jobs=2)
    assert verdict.findings == []
    assert verdict.n == N
    assert verdict.accepted > N // 20
    assert set(verdict.medians_ns) == set(SCHEMAS)
    assert verdict.worst[0] <= SLOWEST


def test_the_same_seed_gives_the_same_messages():
    start = seeds("f144")
    assert [mutated(start, Random(7)) for _ in range(3)] == [mutated(start, Random(7)) for _ in range(3)]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_every_mutation_takes_any_bytes(mutation):
    rng = Random(0)
    for length in range(20):
        mutation(bytearray(length), rng, [b"", bytes(30)])


def test_decoders_that_do_not_agree_are_found(monkeypatch):
    data = seeds("x5f2")[0]
    monkeypatch.setattr("fuzz.judge.decode_as", lambda schema, data: schemas.x5f2(process_id=1))
    with pytest.raises(Finding, match="do not agree"):
        Judge(SCHEMAS["x5f2"]).examine(data)


def test_too_much_memory_is_found(monkeypatch):
    data = seeds("x5f2")[0]
    monkeypatch.setattr("fuzz.judge.FREE_BYTES", -4 * len(data))
    with pytest.raises(Finding, match="bytes to decode"):
        Judge(SCHEMAS["x5f2"]).examine(data, thoroughly=True)


def test_guided_fuzzing_says_how_to_get_its_fuzzer(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "atheris", None)
    with pytest.raises(SystemExit, match=r"pip install 'livedata\[fuzz\]'"):
        guided.run(1, seed=0, out=tmp_path)


def test_generated_functions_are_found_for_guidance():
    names = {function.__code__.co_filename for function in guided.generated(Judge(SCHEMAS["da00"]).fast)}
    assert names == {"<da00>"}
    assert len(guided.generated(Judge(SCHEMAS["da00"]).fast)) == 2
