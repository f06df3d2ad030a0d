"""Topics, partitions, offsets and times behind one small interface; nothing here knows what is in the bytes.

`open_transport` takes ``memory://NAME``, ``kafka://host:port[,host:port]`` or the name of a broker from the site's
settings file. Importing this package is cheap: the Kafka client is loaded when a Kafka address is opened.
"""

from __future__ import annotations

from .address import Address, parse_address
from .opening import open_transport
from .protocol import (
    NO_TIMESTAMP,
    Consumer,
    Contact,
    Delivery,
    DeliveryCallback,
    Headers,
    Partition,
    Producer,
    Record,
    Transport,
    Watermarks,
)

__all__ = [
    "NO_TIMESTAMP",
    "Address",
    "Consumer",
    "Contact",
    "Delivery",
    "DeliveryCallback",
    "Headers",
    "Partition",
    "Producer",
    "Record",
    "Transport",
    "Watermarks",
    "open_transport",
    "parse_address",
]
