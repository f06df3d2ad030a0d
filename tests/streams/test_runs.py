"""Runs from start and stop messages."""

from livedata import schemas
from livedata.streams.runs import RunBook
from livedata.transport import Record


def record(message, offset):
    return Record("run", 0, offset, 1_700_000_000_000, None, schemas.encode(message), ())


def start(name, at, job):
    return schemas.message_class("pl72")(start_time=at, run_name=name, job_id=job)


def stop(name, at, job):
    return schemas.message_class("6s4t")(stop_time=at, run_name=name, job_id=job)


def test_a_stop_ends_the_run_of_its_job_whatever_its_name():
    book = RunBook()
    book.take("pl72", record(start("1", 1000, "a"), 0))
    book.take("pl72", record(start("2", 2000, "b"), 1))

    book.take("6s4t", record(stop("test_run", 1500, "a"), 2))

    assert [(r.name, r.start_ns, r.stop_ns) for r in book.runs] == [
        ("1", 1000 * 10**6, 1500 * 10**6),
        ("2", 2000 * 10**6, None),
    ]


def test_a_message_read_twice_counts_once():
    book = RunBook()
    first = record(start("1", 1000, "a"), 0)
    book.take("pl72", first)
    book.take("6s4t", record(stop("1", 1500, "a"), 1))

    book.take("pl72", first)

    assert book.runs[0].stop_ns == 1500 * 10**6


def test_a_stop_without_job_ends_the_open_run():
    book = RunBook()
    book.take("pl72", record(start("1", 1000, ""), 0))

    book.take("6s4t", record(stop("other", 1500, ""), 1))

    assert book.runs[0].stop_ns == 1500 * 10**6
