"""A recording of spoilt messages of every schema: it ends well, and its file says what was seen live."""

from random import Random

import numpy as np

import livedata as ld
from fuzz.mutate import mutated
from fuzz.seeds import all_seeds
from livedata.transport import open_transport

N_MESSAGES = 3000


def test_spoilt_messages_of_every_schema_do_not_end_a_recording(tmp_path):
    rng, seeds, url = Random(7), all_seeds(), "memory://spoilt"
    transport = open_transport(url)
    for topic in "ab":
        transport.create_topic(topic)
    with ld.connect(url, topics="*", start="earliest") as live:
        rec = live.record(tmp_path / "spoilt.nxs")
        producer = transport.producer()
        for _ in range(N_MESSAGES):
            sound = rng.choice(seeds[rng.choice(list(seeds))])
            value = mutated((sound,), rng) if rng.random() < 0.5 else sound
            producer.produce(rng.choice("ab"), bytes(value))
        producer.flush(60)
        rec.stop(wait=True)

    file = ld.open(rec.path)
    kinds = {stream.kind for stream in file.values()}

    assert kinds >= {"events", "log", "frames", "arrays"}
    n_samples = sum(len(s.data) for s in file.values() if s.kind == "log")
    n_sets = sum(len(s.data) for s in file.values() if s.kind in ("frames", "arrays"))
    assert n_samples > N_MESSAGES // 10
    assert n_sets > N_MESSAGES // 50
    assert file._repr_html_().count("<tr") > len(kinds)
    for stream in file.values():
        if stream.kind == "log":
            assert (np.diff(stream.data.time) >= 0).all()
    transport.close()
