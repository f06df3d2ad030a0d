"""A real Apache Kafka on loopback for people who want to try one, and for tests. Needs the extra ``broker``.

`start_broker` gives a handle; `serve` is what a command line runs: it starts a broker and stays until interrupted.
"""

from __future__ import annotations

from .cluster import Broker, start_broker
from .progress import Progress, ProgressCallback
from .serve import serve

__all__ = ["Broker", "Progress", "ProgressCallback", "serve", "start_broker"]
