"""Waits can be interrupted, and calls that should return at once do."""

import os
import signal
import threading
import time

import pytest

import livedata as ld


def interrupt_after(seconds):
    moment = []

    def strike():
        time.sleep(seconds)
        moment.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=strike, daemon=True).start()
    return moment


def test_a_wait_is_left_soon_after_an_interrupt(bench):
    bench.send(1)
    live = ld.connect(bench.url, start="earliest")
    view = live["det"].histogram(toa=ld.bins(0, 1, n=1, unit="ms"))
    struck = interrupt_after(0.5)

    with pytest.raises(KeyboardInterrupt):
        view.wait(events=10**9)

    assert time.monotonic() - struck[0] < 0.25
    assert view.state == "live"
    live.close()


def test_waiting_for_a_span_without_data_is_left_soon_after_an_interrupt(bench):
    bench.send(1)
    live = ld.connect(bench.url, start="earliest")
    view = live["det"].histogram(toa=ld.bins(0, 1, n=1, unit="ms")).over(bench.t0, bench.t0 + 10**12)
    struck = interrupt_after(0.5)

    with pytest.raises(KeyboardInterrupt):
        view.values()

    assert time.monotonic() - struck[0] < 0.25
    live.close()


def test_a_live_view_has_no_end_to_wait_for(bench):
    bench.send(1)
    live = ld.connect(bench.url, start="earliest")

    with pytest.raises(ld.ArgumentError, match="events="):
        live["det"].histogram(toa=ld.bins(0, 1, n=1, unit="ms")).wait()

    live.close()
