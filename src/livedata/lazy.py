"""Public names that load their module on first use, so that importing a package stays cheap."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the ``__getattr__`` and ``__dir__`` of a package.

    Parameters
    ----------
    package
        Its ``__name__``.
    homes
        For each public name the module, below the package, that holds it.
    """

    def get(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{homes[name]}"), name)

    return get, lambda: sorted(homes)


def call(package: str, function: str, *args: Any, **options: Any) -> Any:
    """Call a function by its place below a package, ``module.name``, loading the module when it is first used.

    For classes whose methods are each a function of a module of its own, which knows the class: the arrow between them
    points one way only.
    """
    module, _, name = function.rpartition(".")
    return getattr(import_module(f"{package}.{module}"), name)(*args, **options)
