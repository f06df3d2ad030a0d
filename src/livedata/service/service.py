"""The service: obeys commands, publishes histograms twice a second, and gives signs of life."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ArgumentError, LiveDataError
from ..transport import Record
from .brokers import Brokers
from .command import Command, Refused, Reset, Stop, read_command
from .fields import is_topic_name
from .graphite import lines, read_graphite, send
from .heartbeat import INTERVAL_MS, Heartbeat
from .listener import Listener
from .resume import last_wish
from .run import Run, start_run
from .tally import warm_up

if TYPE_CHECKING:
    from ..nexus import Instrument

PUBLISH_MS = 500
"""Histograms are published at whole multiples of this, by the wall clock."""
STATISTICS_MS = 1000
WAITED_MS = 500
"""A command that is obeyed later than this has waited for others."""


@dataclass(frozen=True, slots=True)
class Topics:
    """Where the service listens and speaks."""

    commands: str
    responses: str | None = None
    heartbeat: str | None = None
    results: str | None = None
    """Where results go whose command names no topic."""


def check_names(topics: Topics) -> None:
    """Raise `ArgumentError` if a topic cannot exist, or if the service would hear what it says itself."""
    said = {"responses": topics.responses, "heartbeat": topics.heartbeat, "topic": topics.results}
    for option, name in {"commands": topics.commands, **said}.items():
        if name is not None and not is_topic_name(name):
            raise ArgumentError(f"--{option} {name!r} is no topic name; expected up to 249 of letters, digits and ._-")
    for option, name in said.items():
        if name == topics.commands:
            raise ArgumentError(
                f"--{option} and --commands are both {name!r}: the service would obey itself; choose another topic"
            )


class Service:
    """One service on one broker. `run` blocks until `stop` is called or it is interrupted; then `close` it.

    Parameters
    ----------
    url
        The broker of the commands.
    topics
        Where it listens and speaks.
    name
        Name of this instance: in heartbeats, and as the source of results.
    resume
        Whether to go on with what was commanded last before the service was started.
    instrument
        File that says where pixels stand and which streams there are, for views.
    graphite
        File that says where statistics go.
    say
        Takes lines for people.

    Raises
    ------
    ArgumentError
        If a topic cannot exist, or if the service would hear what it says itself.
    """

    def __init__(
        self,
        url: str,
        topics: Topics,
        *,
        name: str = "livedata",
        resume: bool = False,
        instrument: str | None = None,
        graphite: str | None = None,
        say: Callable[[str], None],
    ) -> None:
        check_names(topics)
        self.topics = topics
        self.counts: Counter[str] = Counter()
        """Commands by what became of them: done, failed, refused, malformed."""
        self._name = name
        self._instrument = _load(instrument)
        self._graphite = None if graphite is None else read_graphite(graphite)
        self._resume = resume
        self._say = say
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._brokers = Brokers(url)
        self._heartbeat = Heartbeat(self._brokers.own.producer, topics.heartbeat, name=name)
        self._listener = Listener(self._brokers.own.transport, topics.commands, stopped=self._stopping.is_set)
        self._run = Run()
        self._problem = ""
        self._threads = [
            threading.Thread(target=self._guard, args=(work,), name=f"livedata-serve-{work.__name__[1:]}", daemon=True)
            for work in (self._obey, self._publish, self._tell_graphite)
        ]

    def run(self) -> None:
        """Serve until it is stopped."""
        for thread in self._threads:
            thread.start()
        while not self._stopping.wait(_until_next(INTERVAL_MS)):
            self._beat(("warning" if self._run.troubles() else "running") if self._ready.is_set() else "starting")
        if self._problem:
            raise LiveDataError(self._problem)

    def stop(self) -> None:
        """Ask for the end; returns at once."""
        self._stopping.set()

    def wait_ready(self, timeout_s: float) -> bool:
        """Wait until commands are listened to; return whether they are."""
        return self._ready.wait(timeout_s)

    def close(self) -> None:
        """Publish the last states and a last sign of life, and leave; closing twice does nothing."""
        self._stopping.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(10.0)
        self._listener.close()
        run, self._run = self._run, Run()
        run.stop()
        self._beat("error" if self._problem else "stopped")
        self._brokers.close()

    # Commands

    def _obey(self) -> None:
        self._listener.open(self._stopping.wait, self._say)
        heard_ms = now_ms()
        warm_up()
        if self._resume and not self._stopping.is_set():
            self._go_on()
        self._ready.set()
        if not self._stopping.is_set():
            self._say(f"listening to {self.topics.commands!r} at {self._brokers.own.url}")
        while not self._stopping.is_set():
            try:
                records = self._listener.listen(0.1)
            except LiveDataError as error:
                self._say(str(error))
                self._stopping.wait(1.0)
                continue
            returned_ms = now_ms()
            for record in records:
                self._answer(record, heard_ms)
            heard_ms = returned_ms

    def _answer(self, record: Record, heard_ms: int) -> None:
        """Obey one message, and reply.

        A command that has waited, at the earliest since `heard_ms`, while another one was obeyed, counts from when it
        was said: who sent it has not waited.
        """
        command = read_command(record.value, topic=self.topics.results)
        if isinstance(command, Refused):
            self.counts["malformed" if command.is_malformed else "refused"] += 1
            problem = command.problem
        else:
            said_ms = min(max(record.timestamp_ms, heard_ms), now_ms())
            has_waited = now_ms() - said_ms > WAITED_MS
            problem = self._do(command, said_ms=said_ms if has_waited else None)
            self.counts["failed" if problem else "done"] += 1
        self._reply(command.msg_id, problem)

    def _do(self, command: Command, *, said_ms: int | None = None, begin_ms: int | None = None) -> str:
        """Obey a sound command; return what went wrong, or nothing.

        Parameters
        ----------
        said_ms
            When it was said, if that is not now.
        begin_ms
            From where on is counted, if that is not from then.
        """
        try:
            if isinstance(command, Reset):
                self._run.reset()
                return ""
            old, self._run = self._run, Run()
            old.stop()
            if not isinstance(command, Stop):
                begin_ms = said_ms if begin_ms is None else begin_ms
                span = command.span(now_ms() if said_ms is None else said_ms, begin_ms=begin_ms)
                self._run = start_run(command, span, self._brokers, source=self._name, instrument=self._instrument)
        except LiveDataError as error:
            return str(error)
        finally:
            self._brokers.keep(self._run.links)
        return ""

    def _reply(self, msg_id: Any, problem: str) -> None:
        self._say(f"command {msg_id!r}: {'ERR ' + problem if problem else 'ACK'}")
        if msg_id in (None, "") or self.topics.responses is None:
            return
        reply = (
            {"msg_id": msg_id, "response": "ERR", "message": problem}
            if problem
            else {"msg_id": msg_id, "response": "ACK"}
        )
        try:
            self._brokers.own.producer.produce(self.topics.responses, json.dumps(reply).encode())
        except LiveDataError as error:
            self._say(f"the reply to {msg_id!r} cannot be sent: {error}")

    def _go_on(self) -> None:
        """Take up what was commanded last."""
        try:
            wish = last_wish(self._listener.said_before(), topic=self.topics.results)
        except LiveDataError as error:
            self._say(f"the last command cannot be read: {error}")
            return
        if wish is None:
            self._say("no command to go on with")
            return
        problem = self._do(wish.command, said_ms=wish.said_ms, begin_ms=wish.begin_ms)
        self._reply(wish.command.msg_id, problem)

    # Results and signs of life

    def _publish(self) -> None:
        while not self._stopping.wait(_until_next(PUBLISH_MS)):
            self._run.publish()

    def _tell_graphite(self) -> None:
        said = ""
        while self._graphite is not None and not self._stopping.wait(_until_next(STATISTICS_MS)):
            problem = send(self._graphite, lines(self._graphite, self._run.served))
            if problem and problem != said:
                self._say(problem)
            said = problem

    def _guard(self, work: Callable[[], None]) -> None:
        """Do the work of a thread; a fault of ours ends the service, and is told."""
        try:
            work()
        except Exception as error:  # noqa: BLE001 - raised again by `run`
            self._problem = f"{work.__name__[1:]}: unexpected {type(error).__name__}: {error}"
            self._stopping.set()

    def _beat(self, state: str) -> None:
        run = self._run
        histograms = [
            {
                "id": one.output.id,
                "topic": one.output.topic,
                "state": one.state,
                "published": one.published,
                "left_out": one.left_out,
            }
            for one in run.served
        ]
        self._heartbeat.send(
            state,
            {
                "active_job_count": run.n_counting,
                "error": self._problem or "; ".join(run.troubles()) or None,
                "commands": {name: self.counts[name] for name in ("done", "failed", "refused", "malformed")},
                "histograms": histograms,
            },
        )


def now_ms() -> int:
    """Return the wall clock, ms since 1970."""
    return time.time_ns() // 1_000_000


def _load(path: str | None) -> Instrument | None:
    if path is None:
        return None
    from ..nexus import load_instrument

    return load_instrument(path)


def _until_next(interval_ms: int) -> float:
    """Return the seconds until the wall clock shows the next whole multiple of an interval."""
    return (interval_ms - now_ms() % interval_ms) / 1000
