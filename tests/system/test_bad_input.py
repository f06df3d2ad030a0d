"""Bad input through the whole house: one clear error each, or a count; nothing stops, nothing is half done."""

import json
import time
from pathlib import Path

import numpy as np
import pytest

import livedata as ld
from livedata import schemas
from livedata.transport import open_transport


def good(i, source="detector"):
    toa = np.arange(100, dtype=np.int32)
    return schemas.encode_ev44(source, i, np.array([time.time_ns()]), np.zeros(1, np.int32), toa, toa)


def made_up_faults():
    """Messages that are damaged in every way that has a name, from a sound one."""
    sound = good(0)
    faults = [b"", sound[:7], sound[:8], sound[4:], b"\x04\x00\x00\x00" + sound, sound[: len(sound) // 2], sound[:-16]]
    faults += [sound[:4] + b"xx99" + sound[8:], b"\xff" * 500, sound[:8] + bytes(reversed(sound[8:]))]
    for at in range(8, 80, 4):
        faults.append(sound[:at] + b"\xff\xff\xff\x7f" + sound[at + 4 :])
    return [fault for fault in faults if not decodes(fault)]


def decodes(message):
    """Whether a change of bytes left a sound message: most offsets matter, but not every byte does."""
    try:
        schemas.decode(message)
    except ld.DecodeError:
        return False
    return True


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.kafka)])
def url(request, topic_prefix):
    return request.getfixturevalue("kafka_url") if request.param == "kafka" else f"memory://{topic_prefix}"


def publish_between(url, topic, faults):
    transport = open_transport(url)
    producer = transport.producer()
    for i, fault in enumerate(faults):
        producer.produce(topic, good(i), partition=0)
        producer.produce(topic, fault, partition=0)
    producer.produce(topic, good(len(faults)), partition=0)
    assert producer.flush(30) == 0
    producer.close()
    transport.close()


def check_counts(url, topic, n_faults, tmp_path):
    live = ld.connect(url, topics=topic, start="earliest")
    try:
        rec = live.record(tmp_path / "run.nxs", start="earliest")
        n_good = (n_faults + 1) * 100
        view = live["detector"].histogram(toa=ld.bins(0, 100, n=100, unit="ns")).wait(events=n_good, timeout=30)
        rec.stop(wait=True)
        live["detector"].histogram(toa=ld.bins(0, 100, n=10, unit="ns")).wait(events=n_good, timeout=30)
        ledgers = live.ledgers
        others = sum(ledger.messages for name, ledger in ledgers.items() if name != "detector")
        topic_ledger = live.topic_ledgers[topic]
        detector = ledgers["detector"]

        assert view.ledger.seen == n_good
        assert view.values().tolist() == [n_faults + 1] * 100
        assert detector.decoded == n_faults + 1
        assert topic_ledger.messages == 2 * n_faults + 1
        counted = detector.messages + others + topic_ledger.malformed + sum(topic_ledger.unwanted.values())
        assert counted == topic_ledger.messages
        assert ld.open(rec.path)["detector"].histogram(toa=view.axes["toa"]).same_as(view)
    finally:
        live.close()


def test_damaged_messages_between_good_ones_stop_nothing(url, topic_prefix, tmp_path):
    faults = made_up_faults()
    assert len(faults) > 20
    publish_between(url, topic_prefix, faults)

    check_counts(url, topic_prefix, len(faults), tmp_path)


@pytest.mark.shared
def test_the_hostile_corpus_between_good_messages_stops_nothing(shared, url, topic_prefix, tmp_path):
    folder = shared / "vectors" / "hostile"
    index = json.loads((folder / "index.json").read_text())["messages"]
    faults = [(folder / entry["file"]).read_bytes() for entry in index]
    assert len(faults) == 25
    publish_between(url, topic_prefix, faults)

    check_counts(url, topic_prefix, len(faults), tmp_path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ld.FileError, match=r"missing\.nxs"):
        ld.open(tmp_path / "missing.nxs")


def test_a_file_that_is_no_hdf5_is_told_from_one_that_is_damaged(tmp_path):
    text = tmp_path / "text.nxs"
    text.write_text("not a NeXus file" * 100)

    with pytest.raises(ld.FileError, match="HDF5"):
        ld.open(text)


def test_a_truncated_file_gives_one_error(tmp_path, topic_prefix):
    whole = recorded(tmp_path, topic_prefix)
    cut = tmp_path / "cut.nxs"
    cut.write_bytes(Path(whole).read_bytes()[:3000])

    with pytest.raises(ld.FileError, match="cut"):
        ld.open(cut)["detector"].histogram(toa=ld.bins(0, 100, n=10, unit="ns")).values()


def recorded(tmp_path, topic_prefix):
    url = f"memory://{topic_prefix}"
    publish_between(url, topic_prefix, [])
    with ld.connect(url, start="earliest").record(tmp_path / "whole.nxs", start="earliest") as rec:
        pass
    return rec.path


def test_nobody_at_the_address_is_said_within_seconds():
    started = time.monotonic()

    with pytest.raises(ld.BrokerUnreachable, match=r"127\.0\.0\.1:9"):
        ld.connect("kafka://127.0.0.1:9")

    assert time.monotonic() - started < 15


@pytest.mark.parametrize("address", ["http://x", "kafka://", "memory://", "nosuchname", "kafka://host:port"])
def test_an_address_that_means_nothing_is_refused_with_the_forms(address):
    with pytest.raises(ld.SettingsError, match="memory://"):
        ld.connect(address)


def test_an_output_that_is_there_is_not_overwritten(tmp_path, topic_prefix):
    live = ld.connect(f"memory://{topic_prefix}")
    there = tmp_path / "run.nxs"
    there.write_text("precious")

    with pytest.raises(ld.OutputExists, match=r"run_\{number\}"):
        live.record(there)

    assert there.read_text() == "precious"
    live.close()
