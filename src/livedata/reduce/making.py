"""Making folds, loaded when the first one is made: compiled loops take their time to load."""

from __future__ import annotations

from .description import Description
from .fold.counted import Fold
from .setting import Setting


def make_fold(description: Description, setting: Setting) -> Fold:
    """Return what counts a description in its setting; see `livedata.reduce.fold.build.make_fold`."""
    if description.frames:
        from .fold.framefold import FrameFold

        return FrameFold(description.frames)
    from .fold.build import make_fold as build

    return build(description, setting)
