"""What is known of each entry, as datasets of shape (entry,) beside ``event_time_zero``; used for writing and reading.

They exist only where anything was known. Unknown is -1, or no number for the charge, as in
`livedata.streams.batch.ABSENT_IN_COLUMN`.
"""

from __future__ import annotations

from collections.abc import Mapping

ENTRY_COLUMNS: Mapping[str, tuple[str, str, str]] = {
    "period": ("period_number", "<i8", ""),
    "veto": ("vetos", "<i8", ""),
    "charge": ("proton_charge", "<f4", "uA*h"),
}
"""Dataset, dtype and unit of each column; periods are counted, and veto bits numbered, as on the wire (`pu00`)."""
