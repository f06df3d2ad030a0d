"""Run start and run stop messages, and the description of the simulated instrument that goes with a start."""

from __future__ import annotations

import json
import uuid

from ..schemas import encode, message_class

MS = 1_000_000


def job_id(*parts: object) -> str:
    """Return the UUID that a run start and its stop share; equal parts give an equal one."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "/".join(map(str, parts))))


def run_start(*, start_ns: int, run: str, instrument: str, job: str, structure: str = "", file_name: str = "") -> bytes:
    """Encode a pl72 of an open-ended run; times travel in ms."""
    message = message_class("pl72")(
        start_time=start_ns // MS,
        run_name=run,
        instrument_name=instrument,
        nexus_structure=structure,
        job_id=job,
        filename=file_name,
    )
    return encode(message)


def run_stop(*, stop_ns: int, run: str, job: str) -> bytes:
    """Encode the 6s4t that ends a run."""
    message = message_class("6s4t")(stop_time=stop_ns // MS, run_name=run, job_id=job)
    return encode(message)


def demo_structure(name: str, events_topic: str, logs_topic: str) -> str:
    """Describe the simulated instrument as a NeXus JSON template: groups, and the streams that fill them."""

    def group(group_name: str, nx_class: str, *children: object) -> dict[str, object]:
        attributes = [{"name": "NX_class", "dtype": "string", "values": nx_class}]
        return {"type": "group", "name": group_name, "children": list(children), "attributes": attributes}

    def events(source: str) -> dict[str, object]:
        module = {"module": "ev44", "config": {"topic": events_topic, "source": source}}
        return group(f"{source}_events", "NXevent_data", module)

    def log(source: str, unit: str) -> dict[str, object]:
        config = {"topic": logs_topic, "source": source, "dtype": "double", "value_units": unit}
        return group(source, "NXlog", {"module": "f144", "config": config})

    title = {"module": "dataset", "config": {"name": "name", "values": name, "dtype": "string"}}
    instrument = group(
        "instrument", "NXinstrument", title,
        group("detector", "NXdetector", events("detector")),
        group("monitor", "NXmonitor", events("monitor")),
        group("chopper", "NXdisk_chopper", log("chopper_speed", "Hz")),
    )  # fmt: skip
    entry = group("entry", "NXentry", instrument, group("sample", "NXsample", log("temperature", "K")))
    return json.dumps({"children": [entry]}, separators=(",", ":"))
