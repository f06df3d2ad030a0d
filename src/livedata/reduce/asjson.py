"""Descriptions as plain JSON, to lie beside a notebook, in a file's provenance, or to be run by ``livedata reduce``.

::

    {
      "format": 1,
      "axes": [{"name": "toa", "bins": {"start": 0, "stop": 71.43, "n": 1000}, "unit": "ms"}],
      "projection": {"logical": {"layout": {"shape": [448, 64], "first_id": 1}}},
      "masks": [{"name": "dead", "pixels": [17, [100, 163]]}],
      "region": {"rectangle": {"x": [10, 40], "y": [5, 60]}},
      "where": ["temperature < 5 K", "period == 1"],
      "window": {"last": "60 s"}
    }
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from ..errors import SettingsError
from .asjsonwrite import write_description
from .description import Description

FORMAT = 1


def description_to_json(description: Description) -> dict[str, Any]:
    """Return a description as plain dicts, lists, texts and numbers.

    Equal descriptions give equal results. Numbers are those that were written: exact fractions that no decimal gives
    are texts such as ``1/3``.

    Examples
    --------
    >>> from livedata.reduce.axis import bins
    >>> from livedata.reduce.quantity import bind_axes
    >>> description_to_json(Description(axes=bind_axes(toa=bins(0, 20, n=100, unit="ms"))))
    {'format': 1, 'axes': [{'name': 'toa', 'bins': {'start': 0, 'stop': 20, 'n': 100}, 'unit': 'ms'}]}
    """
    return {"format": FORMAT, **write_description(description)}


def description_from_json(content: Mapping[str, Any] | str, *, where: str = "description") -> Description:
    """Return the description that `description_to_json` wrote, or a person.

    Parameters
    ----------
    content
        What JSON holds, or its text.
    where
        Name of its file, for errors.

    Raises
    ------
    SettingsError
        With every problem and its place: ``axes[0].bins.n: …``.
    """
    from pydantic import ValidationError

    from .asjsonread import DescriptionForm

    try:
        text = content if isinstance(content, str) else json.dumps(content)
    except (TypeError, ValueError, RecursionError) as error:
        raise SettingsError(f"{where} is no plain JSON: {error}") from None
    try:
        return DescriptionForm.model_validate_json(text).value()
    except ValidationError as error:
        problems = [_problem(one) for one in error.errors(include_url=False, include_input=False)]
    except RecursionError:
        problems = ["regions or conditions lie too deep inside each other"]
    shown = "; ".join(problems[:20]) + (f"; and {len(problems) - 20} more" if len(problems) > 20 else "")
    raise SettingsError(f"{where}: {shown}")


def as_description(given: Description | Mapping[str, Any] | str) -> Description:
    """Return a description as it is, or from its JSON."""
    return given if isinstance(given, Description) else description_from_json(given)


def _problem(error: Any) -> str:
    """Return one problem with its place."""
    place = ""
    for step in error["loc"]:
        place += f"[{step}]" if isinstance(step, int) else f".{step}" if place else str(step)
    said = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        key = str(error["loc"][-1])
        near = get_close_matches(key, [k for k in _keys(is_top=len(error["loc"]) == 1) if k != key], n=1, cutoff=0.6)
        said = "no such key" + (f"; did you mean {near[0]!r}?" if near else " here")
    return f"{place}: {said}" if place else said


def _keys(*, is_top: bool) -> list[str]:
    """Return the names of the keys of a description itself, or of all that there are."""
    from .asjsonform import Form
    from .asjsonread import DescriptionForm

    forms: list[type[Form]] = [DescriptionForm if is_top else Form]
    for form in forms:
        forms.extend(form.__subclasses__())
    return sorted({field.alias or name for form in forms for name, field in form.model_fields.items()})
