import subprocess
import sys
import textwrap

import pytest

from livedata.sources import start_replay


def run(script, *arguments):
    command = [sys.executable, "-c", textwrap.dedent(script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_a_script_that_ends_leaves_its_sources_quietly(steady):
    ended = run(
        """
        import sys
        from livedata.sources import start_replay, start_simulation
        simulation = start_simulation("memory://end", rate=1e5)
        replay = start_replay(sys.argv[1], "memory://end", speed=0.1)
        while not (simulation.delivered and replay.delivered):
            pass
        replay.pause()
        """,
        str(steady),
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_waiting_in_a_script_prints_no_progress_bar(steady):
    ended = run(
        """
        import sys
        from livedata.sources import start_replay
        start_replay(sys.argv[1], "memory://end", speed="max").wait()
        """,
        str(steady),
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_importing_the_sources_loads_no_heavy_library():
    ended = run(
        """
        import sys
        import livedata.sources
        heavy = {"h5py", "ipywidgets", "rich", "numpy", "confluent_kafka", "numba"} & set(sys.modules)
        print(sorted(heavy - set(sys.argv)))
        """
    )

    assert ended.stdout == "[]\n"


def test_ctrl_c_ends_a_wait_and_the_source_goes_on(steady):
    ended = run(
        """
        import signal, sys, threading, time
        from livedata.sources import start_replay
        replay = start_replay(sys.argv[1], "memory://end", speed=0.1)
        threading.Timer(0.5, signal.raise_signal, [signal.SIGINT]).start()
        began = time.monotonic()
        try:
            replay.wait()
        except KeyboardInterrupt:
            print(time.monotonic() - began < 1.5, replay.state)
        """,
        str(steady),
    )

    assert ended.stdout == "True running\n"


def test_a_reader_that_is_not_there_does_not_hold_a_source(memory, steady):
    assert start_replay(steady, memory, speed="max").wait(20).has_ended()


def test_text_from_outside_is_escaped(memory, steady):
    path = steady.with_name("<b>&.nxs")
    steady.rename(path)
    replay = start_replay(path, memory, speed="max", topics="T").wait(20)

    assert "<b>&.nxs" not in replay._repr_html_()
    assert "&lt;b&gt;&amp;.nxs" in replay._repr_html_()


def test_waiting_for_a_negative_time_is_refused(memory, steady):
    replay = start_replay(steady, memory, speed="max").wait(20)

    with pytest.raises(ValueError, match="timeout is -1"):
        replay.wait(-1)
