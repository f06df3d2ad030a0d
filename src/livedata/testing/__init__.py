"""Help for tests of livedata and of what is built on it: a real broker, and the contract every transport keeps.

``pytest`` finds the fixtures by itself when livedata is installed; see `livedata.testing.plugin`.
"""

from __future__ import annotations

from .broker import kafka_broker

__all__ = ["kafka_broker"]
