"""Units of products and quotients, by their names alone: ``counts`` by ``ms`` is ``counts/ms``.

Equal names cancel and nothing is converted, so the values stay as they are. Names follow pint, which reads the results.
"""

from __future__ import annotations

import re
from functools import cache

DIMENSIONLESS = "dimensionless"
_FACTOR = re.compile(r"([*/]?)\s*([^*/^()\s]+)\s*(?:(?:\*\*|\^)\s*(-?\d+))?\s*")
_ONE = {"1", "", DIMENSIONLESS, "one"}


@cache
def product(a: str, b: str, power: int = 1) -> str:
    """Return the name of the unit ``a * b ** power``.

    Examples
    --------
    >>> product("counts", "ms", -1), product("counts/ms", "ms"), product("counts", "counts", -1)
    ('counts/ms', 'counts', 'dimensionless')
    """
    powers = _powers(a)
    for name, n in _powers(b).items():
        powers[name] = powers.get(name, 0) + power * n
    return _text({name: n for name, n in powers.items() if n})


def is_counts(unit: str) -> bool:
    """Whether values in this unit are counts, whose variance is their number."""
    return unit in ("counts", "count")


def _powers(unit: str) -> dict[str, int]:
    """Split a name into factors and their powers; what is written in another way is one factor."""
    text = unit.strip()
    if text in _ONE:
        return {}
    found: dict[str, int] = {}
    at = 0
    while at < len(text):
        factor = _FACTOR.match(text, at)
        if factor is None or (at > 0) != bool(factor[1]):
            return {f"({text})" if re.search(r"[*/\s]", text) and text[0] != "(" else text: 1}
        name = "counts" if factor[2] == "count" else factor[2]
        if name not in _ONE:
            found[name] = found.get(name, 0) + (-1 if factor[1] == "/" else 1) * int(factor[3] or 1)
        at = factor.end()
    return found


def _text(powers: dict[str, int]) -> str:
    above = [_power(name, n) for name, n in powers.items() if n > 0]
    below = [_power(name, -n) for name, n in powers.items() if n < 0]
    if not above and not below:
        return DIMENSIONLESS
    return "/".join([("*".join(above) or "1"), *below])


def _power(name: str, n: int) -> str:
    return name if n == 1 else f"{name}**{n}"
