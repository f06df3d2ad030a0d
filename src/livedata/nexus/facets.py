"""Names of a process variable's facets in an NXlog group, as the ESS file writer gives them; for writing and reading.

The values' unit is the attribute ``units`` of ``value``, the newest by data time. All that was ever said of it stands
beside the messages that said it (`livedata.nexus.provenance`), out of the way of readers that take each ``…_time`` for
a log of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..streams.batch import Facet


@dataclass(frozen=True, slots=True)
class FacetNames:
    """Dataset names of one facet."""

    time: str
    value: str
    columns: Mapping[str, str] = field(default_factory=dict)
    """Dataset of each column of texts."""


FACETS: Mapping[Facet, FacetNames] = {
    "value": FacetNames("time", "value"),
    "alarm": FacetNames("alarm_time", "alarm_severity", {"message": "alarm_message"}),
    "connection": FacetNames(
        "connection_status_time", "connection_status", {"service_id": "connection_status_service_id"}
    ),
    "unit": FacetNames("unit_time", "unit_text"),
}
"""``alarm_message`` is UTF-8 of any length (the ESS file writer cuts it at 200 bytes) and stays empty where nothing was
said. ``connection_status_service_id`` is ours. Those of ``unit`` are beside its messages, with ``has_unit``
(0: the variable has no unit at all)."""
HAS_UNIT = "has_unit"
