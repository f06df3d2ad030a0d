"""Numbers as people read them at two in the morning: short, with their unit, never wrong by more than the rounding."""

from __future__ import annotations

import math

from ..axis import Axis

_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_MICRO = {
    "us": "µs", "um": "µm", "angstrom": "Å", "Angstrom": "Å", "deg": "°", "degree": "°", "1/angstrom": "1/Å",
    "dimensionless": "", "1": "",
}  # fmt: skip


def short(value: float) -> str:
    """Write a number with three digits and a metric prefix.

    Examples
    --------
    >>> short(1_234_567), short(950), short(0.25), short(999_999)
    ('1.23 M', '950', '0.25', '1.00 M')
    """
    size = abs(value)
    for factor, prefix in _PREFIXES:
        if size >= factor * 0.9995:
            scaled = value / factor
            digits = max(0, 2 - len(str(int(abs(scaled) + 0.005))) + 1)
            return f"{scaled:.{digits}f} {prefix}"
    return f"{value:.3g}"


def tick(value: float) -> str:
    """Write a tick label: plain up to 9999, then with a metric prefix.

    Examples
    --------
    >>> tick(0.5), tick(2000), tick(20_000), tick(1_500_000)
    ('0.5', '2000', '20 k', '1.5 M')
    """
    if abs(value) < 10_000:
        return f"{value:g}"
    for factor, prefix in _PREFIXES:
        if abs(value) >= factor:
            return f"{value / factor:g} {prefix}"
    return f"{value:g}"


def label(axis: Axis) -> str:
    """Write an axis' label: its name with its unit.

    Examples
    --------
    >>> from livedata.reduce.axis import bins
    >>> label(bins(0, 71, n=71, unit="us").named("toa")), label(bins(0, 3, n=3).named("x"))
    ('toa [µs]', 'x')
    """
    name = axis.name.replace("_", " ") or "bin"
    return f"{name} [{unit(axis.unit)}]" if unit(axis.unit) else name


def unit(text: str | None) -> str:
    """Write a unit as people do.

    Examples
    --------
    >>> unit("us"), unit("angstrom"), unit("ms"), unit(None)
    ('µs', 'Å', 'ms', '')
    """
    return _MICRO.get(text, text) if text else ""


def counts(n: int) -> str:
    """Write an exact number of counts.

    Examples
    --------
    >>> counts(1), counts(1234)
    ('1 count', '1,234 counts')
    """
    return "1 count" if n == 1 else f"{n:,} counts"


def values_label(text: str) -> str:
    """Write what values are, for an axis or a colour bar.

    Examples
    --------
    >>> values_label("counts"), values_label("1"), values_label("counts/us")
    ('counts', 'ratio', 'counts/µs')
    """
    return "/".join(unit(part) or part for part in text.split("/")) if unit(text) else "ratio"


def value(number: float, text: str, *, error: float | None = None) -> str:
    """Write one value with its unit, exactly where it is a number of counts.

    Examples
    --------
    >>> value(1234, "counts"), value(0.123456, "counts/s", error=0.0012), value(float("nan"), "1")
    ('1,234 counts', '0.1235 ± 0.0012 counts/s', 'no value')
    """
    if number != number:
        return "no value"
    if error is None and text == "counts" and float(number).is_integer():
        return counts(int(number))
    tail = values_label(text) if unit(text) else ""
    if error is None or not error > 0 or error == float("inf"):
        return f"{number:.6g} {tail}".rstrip()
    digits = max(0, min(12, math.floor(math.log10(max(abs(number), error)) - math.log10(error)) + 2))
    return f"{number:.{max(digits, 2)}g} ± {error:.2g} {tail}".rstrip()
