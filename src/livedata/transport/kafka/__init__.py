"""``kafka://host:port``: Apache Kafka through ``confluent-kafka``, without consumer groups and without commits.

A consumer reads assigned partitions and keeps its own positions; a prober asks the broker every second, so that a
broker that is gone or frozen shows within 5 s on an idle connection too.
"""

from __future__ import annotations

from .transport import KafkaTransport

__all__ = ["KafkaTransport"]
