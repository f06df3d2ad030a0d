"""What ess-streaming-data-types writes and reads, asked in the ways it likes best."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import streaming_data_types as esspy
from streaming_data_types.alarm_al00 import Severity
from streaming_data_types.area_detector_ad00 import Attribute
from streaming_data_types.area_detector_ADAr import Attribute as OldAttribute
from streaming_data_types.dataarray_da00 import Variable
from streaming_data_types.epics_connection_ep01 import ConnectionInfo
from streaming_data_types.fbschemas.action_response_answ.ActionOutcome import ActionOutcome
from streaming_data_types.fbschemas.action_response_answ.ActionType import ActionType
from streaming_data_types.fbschemas.epics_connection_info_ep00.EventType import EventType
from streaming_data_types.fbschemas.forwarder_config_update_fc00.UpdateType import UpdateType
from streaming_data_types.fbschemas.forwarder_config_update_rf5k.UpdateType import UpdateType as OldUpdateType
from streaming_data_types.forwarder_config_update_fc00 import StreamInfo
from streaming_data_types.forwarder_config_update_rf5k import StreamInfo as OldStreamInfo

Write = Callable[[], bytes]

# Its f142 asks for names that NumPy 2 has given up; without them it could not be compared at all.
for _old, _new in (("unicode_", np.str_), ("string_", np.bytes_)):
    if _old not in vars(np):
        setattr(np, _old, _new)

PULSES = 4
READ: Mapping[str, Callable[[bytes], Any]] = esspy.DESERIALISERS


def writers(*, events: int = 1000, pixels: int = 128) -> dict[str, Write]:
    """Return, for each schema it knows, a call that encodes a message of usual size; arguments are made beforehand.

    Parameters
    ----------
    events
        In a message of events.
    pixels
        Width and height of images, square root of the bins of histograms.
    """
    now, moment = time.time_ns(), datetime.now(UTC)
    source = "SIM:Detector:bank-1"
    signed = np.arange(events, dtype=np.int32)
    unsigned = signed.astype(np.uint32)
    times = now + 71_428_571 * np.arange(PULSES)
    index = np.linspace(0, events, PULSES, endpoint=False).astype(np.int32)
    image = np.arange(pixels * pixels, dtype=np.uint16).reshape(pixels, pixels)
    stamps = now + 1000 * np.arange(events)
    wave = np.linspace(0.0, 1.0, events)
    edges = np.linspace(0.0, 71.0, pixels + 1)
    counts = np.arange(pixels * pixels, dtype=np.int32).reshape(pixels, pixels)
    axis = {"length": pixels, "bin_boundaries": edges, "unit": "ms", "label": "toa"}
    histogram = {
        "source": source, "timestamp": now, "current_shape": [pixels, pixels], "dim_metadata": [axis, axis],
        "last_metadata_timestamp": now, "data": counts.astype(float), "errors": counts.astype(float), "info": "{}",
    }  # fmt: skip
    arrays = [
        Variable("signal", counts, axes=["y", "x"], unit="counts", label="counts"),
        Variable("x", edges, axes=["x"], unit="mm", label="x"),
        Variable("y", edges, axes=["y"], unit="mm", label="y"),
    ]
    streams = [StreamInfo(f"SIM:Motor-{i}.RBV", "f144", "motion", 1, 0) for i in range(20)]
    old_streams = [OldStreamInfo(*s[:4]) for s in streams]
    attributes = [Attribute("exposure", "s", source, 0.5), Attribute("mode", "", source, "continuous")]
    old_attributes = [OldAttribute("exposure", "s", source, 0.5), OldAttribute("mode", "", source, "continuous")]
    structure = '{"children": [' + ", ".join(['{"type": "group", "name": "entry"}'] * 300) + "]}"
    job, ms = "f9ea5e8e-0b5b-4a6b-a9a5-1f8f1a4b6f5c", now // 1_000_000
    ticks = now + 71_428_571 * np.arange(14, dtype=np.uint64)
    bytes_ = image.tobytes()[: pixels * 8]
    return {
        "6s4t": lambda: esspy.serialise_6s4t(job, "run", "writer", job, ms),
        "ADAr": lambda: esspy.serialise_ADAr(source, 7, moment, image, old_attributes),
        "NDAr": lambda: esspy.serialise_ndar(7, [pixels, 8], 1, bytes_),
        "ad00": lambda: esspy.serialise_ad00(source, 7, now, image, attributes),
        "al00": lambda: esspy.serialise_al00(source, now, Severity.MAJOR, "HIHI"),
        "an44": lambda: esspy.serialise_an44(source, 7, times, index, signed, signed, signed.astype(np.int16)),
        "answ": lambda: esspy.serialise_answ(
            "writer", job, job, ActionType.StartJob, ActionOutcome.Success, "started", 200, moment
        ),
        "da00": lambda: esspy.serialise_da00(source, now, arrays),
        "ep00": lambda: esspy.serialise_ep00(now, EventType.CONNECTED, source, "forwarder"),
        "ep01": lambda: esspy.serialise_ep01(now, ConnectionInfo.CONNECTED, source, "forwarder"),
        "ev42": lambda: esspy.serialise_ev42(source, 7, now, unsigned, unsigned),
        "ev43": lambda: esspy.serialise_ev43(source, 7, times, index, unsigned, unsigned),
        "ev44": lambda: esspy.serialise_ev44(source, 7, times, index, signed, signed),
        "f142": lambda: esspy.serialise_f142(21.5, source, now),
        "f144": lambda: esspy.serialise_f144(source, 21.5, now),
        "fc00": lambda: esspy.serialise_fc00(UpdateType.ADD, streams),
        "hs00": lambda: esspy.serialise_hs00(histogram),
        "hs01": lambda: esspy.serialise_hs01(histogram),
        "json": lambda: esspy.serialise_json(structure),
        "ns10": lambda: esspy.serialise_ns10("nicos/motor/value", "21.5", now / 1e9, 3.0),
        "pl72": lambda: esspy.serialise_pl72(job, "run.nxs", ms, ms, "run", structure, "writer", "SIM", "", "{}"),
        "rf5k": lambda: esspy.serialise_rf5k(OldUpdateType.ADD, old_streams),
        "se00": lambda: esspy.serialise_se00(source, 1, now, 1000, 7, wave, value_timestamps=stamps),
        "senv": lambda: esspy.serialise_senv(source, 1, moment, 1000, 7, unsigned, value_timestamps=stamps),
        "tdct": lambda: esspy.serialise_tdct("SIM:Chopper", ticks, 7),
        "wrdn": lambda: esspy.serialise_wrdn("writer", job, False, "run.nxs", "{}"),
        "x5f2": lambda: esspy.serialise_x5f2("forwarder", "2.0", "forwarder-1", "host", 7, 1000, '{"state": "idle"}'),
    }
