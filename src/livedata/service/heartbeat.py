"""Signs of life: an `x5f2` message every second, with what the service is doing."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any

from .. import __version__
from ..errors import LiveDataError
from ..schemas import encode, message_class
from ..transport import Delivery, Producer

INTERVAL_MS = 1000
CODES = {"starting": 235, "running": 200, "warning": 210, "error": 240, "stopped": 235}
"""Status numbers of the instrument control NICOS."""


class Heartbeat:
    """Sends the latest state; one that could not be sent in time is left out, never queued."""

    def __init__(self, producer: Producer, topic: str | None, *, name: str) -> None:
        self.topic = topic
        self.sent = 0
        self.problem = ""
        self._producer = producer
        self._name = name
        self._host = socket.gethostname()
        self._started_ns = time.time_ns()
        self._delivered = threading.Event()
        self._delivered.set()

    def send(self, state: str, message: Mapping[str, Any]) -> None:
        """Send a sign of life, unless the one before is still on its way."""
        if self.topic is None or not self._delivered.is_set():
            return
        status = {
            "status": CODES[state],
            "message": {
                "message_type": "service",
                "service_name": self._name,
                "state": "running" if state == "warning" else state,
                "started_at": self._started_ns,
                "sent_at": time.time_ns(),
                **message,
            },
        }
        beat = encode(
            message_class("x5f2")(
                software_name="livedata",
                software_version=__version__,
                service_id=self._name,
                host_name=self._host,
                process_id=os.getpid(),
                update_interval=INTERVAL_MS,
                status_json=json.dumps(status, ensure_ascii=False),
            )
        )
        self._delivered.clear()
        try:
            self._producer.produce(self.topic, beat, on_delivery=self._take_report)
        except LiveDataError as error:
            self._delivered.set()
            self.problem = str(error)

    def _take_report(self, delivery: Delivery) -> None:
        self.problem = delivery.error
        self.sent += not delivery.error
        self._delivered.set()
