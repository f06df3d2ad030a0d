"""A camera of events and one of frames, before which a sample takes three quarters of the beam away."""

from __future__ import annotations

import json
from contextlib import closing

import numpy as np

import livedata as ld
from livedata import schemas
from livedata.transport import open_transport

START_NS = 1_772_352_000_000_000_000
TRANSMISSION = 0.25
N_PULSES, N_FRAMES = 100, 10
SHAPE = (64, 64)
SAMPLE = (slice(16, 48), slice(20, 44))
INSTRUMENT = {
    "name": "imaging",
    "streams": {
        "neutrons": {"topic": "img_events", "source": "neutrons", "shape": SHAPE},
        "camera": {"topic": "img_frames", "source": "camera", "schema": "ad00"},
    },
}


def beam():
    """Return the mean number of events in each pixel and pulse."""
    mean = np.full(SHAPE, 0.4)
    mean[SAMPLE] *= TRANSMISSION
    return mean


def produce(url):
    """Send everything; return the image and the frames that were sent."""
    rng = np.random.default_rng(4)
    image = np.zeros(SHAPE, np.int64)
    frames = rng.integers(0, 1000, (N_FRAMES, 32, 48)).astype(np.uint16)
    with closing(open_transport(url)) as transport:
        for topic in ("img_events", "img_frames"):
            transport.create_topic(topic)
        producer = transport.producer()
        for pulse in range(N_PULSES):
            counts = rng.poisson(beam())
            image += counts
            pixel = np.repeat(np.arange(counts.size), counts.ravel()).astype(np.int32) + 1
            toa = rng.integers(0, 70_000_000, len(pixel)).astype(np.int32)
            time = np.array([START_NS + pulse * 100_000_000])
            producer.produce(
                "img_events", schemas.encode_ev44("neutrons", pulse, time, np.zeros(1, np.int32), toa, pixel)
            )
        for i, data in enumerate(frames):
            sent = schemas.ad00(source_name="camera", timestamp=START_NS + i * 1_000_000_000, data=data)
            producer.produce("img_frames", schemas.encode(sent))
        producer.flush(10)
        producer.close()
    return image, frames


def write_imaging(folder, url):
    """Record what was sent into ``imaging.nxs``, and the description beside it."""
    described = folder / "imaging.json"
    described.write_text(json.dumps(INSTRUMENT))
    sent = produce(url)
    with ld.connect(url, instrument=described, start="earliest") as live:
        events = live["neutrons"].image().wait(events=int(sent[0].sum()), timeout=30)
        recording = live.record(folder / "imaging.nxs", start="connect")
        recording.stop(wait=True)
        assert events.latest.ledger.adds_up
    return sent
