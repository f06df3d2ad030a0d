"""A broker in the process for one run, and a connection to it."""

import itertools

import livedata as ld
from livedata.transport import open_transport

_names = itertools.count()


class Place:
    """A broker in the process with the topics of one run."""

    def __init__(self, run, **settings):
        self.run = run
        self.url = f"memory://any-{next(_names)}"
        self.transport = open_transport(self.url)
        self.transport.create_topic("ev", partitions=run.n_partitions)
        self.transport.create_topic("logs", partitions=1)
        self.live = ld.connect(self.url, start="earliest", **settings)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.live.close()
        self.transport.close()

    def send(self, messages):
        producer = self.transport.producer()
        for topic, partition, value, *_ in messages:
            producer.produce(topic, value, partition=partition)
        while producer.flush(1.0):
            pass
        producer.close()

    @property
    def stream(self):
        return self.live["ev/det" if "ev/det" in self.live else "det"].with_layout(ld.layout((8, 8)))
