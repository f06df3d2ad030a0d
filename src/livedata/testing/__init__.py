"""Help for tests of livedata and of what is built on it.

`message` and `message_bytes` make a message of any schema from the fields that matter; `messages`, `encoded_messages`
and `malformed` are hypothesis strategies; `kafka_broker` starts a real broker; and `livedata.testing.contract` is what
every transport keeps. ``pytest`` finds the fixtures by itself when livedata is installed; see
`livedata.testing.plugin`.

>>> from livedata import testing
>>> testing.message("f144", source_name="temperature", value=4.2).value
np.float64(4.2)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import lazy_names

if TYPE_CHECKING:
    from .broker import kafka_broker
    from .build import message, message_bytes
    from .strategies import encoded_messages, malformed, messages

__all__ = ["encoded_messages", "kafka_broker", "malformed", "message", "message_bytes", "messages"]

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "encoded_messages": "strategies",
            "kafka_broker": "broker",
            "malformed": "strategies",
            "message": "build",
            "message_bytes": "build",
            "messages": "strategies",
        },
    )
