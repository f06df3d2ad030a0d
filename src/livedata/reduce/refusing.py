"""Refusing a description before anything is counted, where its setting cannot give what it speaks of."""

from __future__ import annotations

from ..errors import ArgumentError
from .description import Description
from .fold.judge import make_judge
from .prepare import log_names
from .quantity import is_of_entries, unknown
from .setting import Setting


def check_logs(description: Description, setting: Setting) -> None:
    """Refuse a description that speaks of a log which nobody knows, or compares it with something else than it is.

    Raises
    ------
    ArgumentError
        Says what does not fit; names the near misses.
    """
    for name in sorted(log_names(description)):
        if setting.log(name) is None and not setting.await_log(name):
            raise ArgumentError(unknown(name, setting.logs()))
    if description.filters or any(is_of_entries(axis.name) for axis in description.axes):
        make_judge(description, setting)
