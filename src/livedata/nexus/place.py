"""Where a recording goes: names that are free, claimed at once, and renamed without ever overwriting."""

from __future__ import annotations

import errno
import os
import re
import string
from dataclasses import dataclass
from pathlib import Path

from ..errors import ArgumentError, FileError, OutputExists
from .sidefile import side_path

PART = ".part"
"""Ending of files that are being recorded."""


@dataclass(frozen=True, slots=True)
class Place:
    """A claimed name: the file to be, and the one that is written meanwhile."""

    final: Path
    partial: Path


def claim(path: str | Path) -> Place:
    """Claim the name of a file, so that no other recording can take it.

    Parameters
    ----------
    path
        The file to write. ``{number}`` in its name becomes the next free run number of that folder; a width may be
        given, as in ``run_{number:06d}.nxs``.

    Raises
    ------
    OutputExists
        If the file is there already, or is being recorded.
    FileError
        If the folder is missing or cannot be written to.
    """
    path = Path(path).expanduser()
    folder = path.parent
    if "{" in str(folder):
        raise ArgumentError(f"{path}: only the file's name can hold {{number}}, not its folder")
    if not path.name or path.name in (".", "..") or path.is_dir():
        raise ArgumentError(f"{str(path)!r} is no file name; expected a path such as run_42.nxs")
    if not folder.is_dir():
        raise FileError(f"no folder {folder.resolve()}; make it first, or record into another one")
    if "{" not in path.name:
        return _claim_one(
            folder / path.name, advice='; choose another name, or use "run_{number}.nxs" for the next free number'
        )
    number = _next_number(folder, path.name)
    while True:
        try:
            return _claim_one(folder / _format(path.name, number), advice="")
        except OutputExists:
            number += 1


def inside(folder: Path, name: str) -> Path:
    """Return the path of a file in a folder, for names that come from elsewhere.

    Raises
    ------
    ArgumentError
        If the name would lead out of the folder.
    """
    if name != Path(name).name or "\\" in name or name in ("", ".", "..") or "\x00" in name:
        raise ArgumentError(f"{name!r} is no plain file name; expected one without folders")
    return folder / name


def publish(place: Place) -> None:
    """Give a finished file its name, without ever overwriting another.

    Raises
    ------
    OutputExists
        If somebody has made a file of that name in the meantime.
    """
    try:
        # A link fails where the name exists; rename would silently replace.
        os.link(place.partial, place.final)
    except FileExistsError:
        raise OutputExists(
            f"{place.final} appeared while it was being recorded; the recording is complete at {place.partial}"
        ) from None
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EINVAL):
            raise
        _publish_without_links(place)
        return
    place.partial.unlink()
    _sync_folder(place.final.parent)


def release(place: Place) -> None:
    """Give up a claim for which nothing was written."""
    side_path(place.partial).unlink(missing_ok=True)
    place.partial.unlink(missing_ok=True)


def _publish_without_links(place: Place) -> None:
    try:
        os.close(os.open(place.final, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except FileExistsError:
        raise OutputExists(
            f"{place.final} appeared while it was being recorded; the recording is complete at {place.partial}"
        ) from None
    place.partial.replace(place.final)
    _sync_folder(place.final.parent)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _claim_one(final: Path, *, advice: str) -> Place:
    if final.exists() or final.is_symlink():
        raise OutputExists(f"{final} exists already{advice}")
    partial = final.with_name(final.name + PART)
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except FileExistsError:
        raise OutputExists(
            f"{final} is being recorded, or a recording of it was broken off: {partial} is there; "
            f"stop that recording, or move the file away{advice}"
        ) from None
    except OSError as error:
        raise FileError(f"cannot write in {final.parent}: {error.strerror}") from None
    if final.exists():
        # Finished by another recording between the two looks.
        partial.unlink()
        raise OutputExists(f"{final} exists already{advice}")
    return Place(final, partial)


def _next_number(folder: Path, pattern: str) -> int:
    """One more than the highest number among the folder's files of that pattern, unfinished ones too."""
    before, after = _around(pattern)
    matches = re.compile(re.escape(before) + r"0*(\d+)" + re.escape(after) + rf"(?:{re.escape(PART)})?")
    numbers = [int(m[1]) for item in folder.iterdir() if (m := matches.fullmatch(item.name))]
    return max(numbers, default=0) + 1


def _format(pattern: str, number: int) -> str:
    try:
        return pattern.format(number=number)
    except (ValueError, KeyError, IndexError) as error:
        raise ArgumentError(
            f"{pattern!r} cannot be filled in: {error}; expected a name such as run_{{number}}.nxs"
        ) from None


def _around(pattern: str) -> tuple[str, str]:
    try:
        parts = list(string.Formatter().parse(pattern))
    except ValueError as error:
        raise ArgumentError(f"{pattern!r}: {error}; expected a name such as run_{{number}}.nxs") from None
    fields = [field for _, field, _, _ in parts if field is not None]
    if fields != ["number"]:
        raise ArgumentError(f"{pattern!r} holds {fields}; expected {{number}} once, as in run_{{number}}.nxs")
    after = parts[1][0] if len(parts) > 1 and parts[0][1] is not None else ""
    return parts[0][0], after
