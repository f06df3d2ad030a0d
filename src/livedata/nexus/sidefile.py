"""The side file of a recording: how much of the file beside it is safe, and where reading would go on.

It is written after the data it speaks of are on the disc, under another name, and renamed: a reader finds an old or a
new one, never half of one. Whoever resumes cuts the datasets to the lengths in it and reads on from the offsets.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ..errors import FileError

SIDE_FORMAT = 1


def side_path(partial: Path) -> Path:
    """Path of the side file of an unfinished recording."""
    return partial.with_name(partial.name + ".json")


def write_side_file(partial: Path, content: dict[str, Any]) -> None:
    """Put the side file into place in one step."""
    path = side_path(partial)
    temporary = path.with_name(path.name + ".new")
    with temporary.open("w", encoding="utf-8") as stream:
        json.dump({"format": SIDE_FORMAT, **content}, stream)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)


def read_side_file(partial: Path) -> dict[str, Any]:
    """Return the content of a side file.

    Raises
    ------
    FileError
        If there is none, or it is of another format.
    """
    path = side_path(partial)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileError(f"cannot read {path}: {error}; without it nothing is known of the file beside it") from None
    if not isinstance(content, dict) or content.get("format") != SIDE_FORMAT:
        raise FileError(
            f"{path} is of format {content.get('format') if isinstance(content, dict) else '?'}; expected {SIDE_FORMAT}"
        )
    return content


def remove_side_file(partial: Path) -> None:
    """Remove the side file, if there is one."""
    path = side_path(partial)
    path.unlink(missing_ok=True)
    path.with_name(path.name + ".new").unlink(missing_ok=True)
