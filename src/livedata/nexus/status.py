"""What a recorder says of itself, from a thread or from another process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..streams.extent import Extent
from ..streams.key import StreamKey
from ..transport.protocol import Partition
from .summary import StreamCounts

State = Literal["waiting", "recording", "finishing", "checking", "finished", "failed"]
ENDED = ("finished", "failed")


@dataclass(frozen=True, slots=True)
class RecorderStatus:
    """The state of a recording at one moment."""

    state: State = "waiting"
    counts: Mapping[StreamKey, StreamCounts] = field(default_factory=dict)
    size: int = 0
    """Bytes taken."""
    rate: float = 0.0
    """Events and samples per second over the last few seconds."""
    lost: int = 0
    """Messages that had expired before they could be read."""
    malformed: int = 0
    """Messages that were no sound ones."""
    behind: int = 0
    """Bytes waiting to be written."""
    extent: Extent = field(default_factory=Extent)
    lost_since_ns: int = 0
    """When the broker was last heard of, while it does not answer; else 0."""
    remarks: tuple[str, ...] = ()
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return plain lists, texts and numbers."""
        offsets = self.extent.offsets
        return {
            "state": self.state,
            "counts": [[*key, counts.to_dict()] for key, counts in self.counts.items()],
            "size": self.size,
            "rate": self.rate,
            "lost": self.lost,
            "malformed": self.malformed,
            "behind": self.behind,
            "start_ns": self.extent.start_ns,
            "stop_ns": self.extent.stop_ns,
            "offsets": None if offsets is None else [[p.topic, p.partition, *r] for p, r in offsets.items()],
            "lost_since_ns": self.lost_since_ns,
            "remarks": list(self.remarks),
            "error": self.error,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> RecorderStatus:
        """Undo `to_json`."""
        rows = content["offsets"]
        offsets = None if rows is None else {Partition(t, p): (first, stop) for t, p, first, stop in rows}
        counts = {}
        for topic, source, family, told in content["counts"]:
            counts[StreamKey(topic, source, family)] = StreamCounts(**{**told, "remarks": tuple(told["remarks"])})
        return cls(
            state=content["state"],
            counts=counts,
            size=content["size"],
            rate=content["rate"],
            lost=content["lost"],
            malformed=content["malformed"],
            behind=content["behind"],
            extent=Extent(content["start_ns"], content["stop_ns"], offsets),
            lost_since_ns=content["lost_since_ns"],
            remarks=tuple(content["remarks"]),
            error=content["error"],
        )
