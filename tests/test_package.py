"""What is promised of the package as a whole: cheap to import, small modules, a public face that is real."""

from __future__ import annotations

import importlib
import os
import re
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import livedata

CHECKOUT = Path(__file__).resolve().parents[1]
SOURCES = Path(livedata.__file__).resolve().parent
MODULES = sorted(SOURCES.rglob("*.py"))
PACKAGES = ["livedata"] + [
    f"livedata.{folder.name}" for folder in sorted(SOURCES.iterdir()) if (folder / "__init__.py").exists()
]
HEAVY = ["bokeh", "confluent_kafka", "h5py", "ipywidgets", "numba", "pandas", "pint", "rich", "typer"]

IMPORT = """
import sys, time
before = time.process_time()
import livedata
seconds = time.process_time() - before
print(seconds, *(name for name in {heavy} if name in sys.modules))
"""


def import_in_a_fresh_process() -> tuple[float, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT.format(heavy=HEAVY)], capture_output=True, text=True, check=True, timeout=60
    )
    seconds, *loaded = done.stdout.split()
    return float(seconds), loaded


def test_import_takes_less_than_0_3_seconds_of_the_processor():
    assert min(import_in_a_fresh_process()[0] for _ in range(5)) < 0.3


def test_import_loads_no_heavy_library():
    assert import_in_a_fresh_process()[1] == []


def constants_classes_functions(name: str) -> tuple[bool, bool, str]:
    return not name.isupper(), not name[0].isupper(), name


@pytest.mark.parametrize("name", PACKAGES)
def test_public_names_are_sorted_and_real(name):
    package = importlib.import_module(name)
    public = getattr(package, "__all__", [])
    assert list(public) == sorted(set(public), key=constants_classes_functions)
    assert [missing for missing in public if not hasattr(package, missing)] == []


def test_tab_completion_shows_exactly_the_public_names():
    shown = [name for name in dir(livedata) if not name.startswith("_")]
    assert shown == sorted(name for name in livedata.__all__ if not name.startswith("_"))


def test_half_of_the_modules_are_under_150_lines_and_none_above_400():
    sizes = {path.relative_to(SOURCES).as_posix(): len(path.read_text().splitlines()) for path in MODULES}
    assert statistics.median(sizes.values()) < 150
    assert {name: size for name, size in sizes.items() if size > 400} == {}


def test_no_module_hides_behind_a_name_that_says_nothing():
    empty_names = {"utils", "util", "helpers", "helper", "common", "manager", "handler", "misc"}
    assert [path for path in MODULES if empty_names & set(path.relative_to(SOURCES).with_suffix("").parts)] == []


def test_every_module_says_what_it_is_for():
    assert [
        path for path in MODULES if path.read_text().strip() and not path.read_text().lstrip().startswith('"""')
    ] == []


def pins() -> dict[str, str]:
    lines = (CHECKOUT / "constraints.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def test_constraints_are_plain_names_with_versions():
    lines = (CHECKOUT / "constraints.txt").read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", line)] == []
    names = [line.split("==")[0].lower() for line in lines]
    assert names == sorted(set(names))


def test_every_direct_dependency_is_pinned_to_a_version_that_it_allows():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    wanted = [Requirement(text) for text in sum(project["optional-dependencies"].values(), project["dependencies"])]
    pinned = {canonicalize_name(name): version for name, version in pins().items()}
    for requirement in wanted:
        if requirement.name == project["name"]:
            continue
        assert pinned[canonicalize_name(requirement.name)] in requirement.specifier


def run_example_of_readme(number, folder):
    readme = (CHECKOUT / "README.md").read_text()
    example = re.findall(r"^```python\n(.*?)^```", readme, flags=re.DOTALL | re.MULTILINE)[number]
    done = subprocess.run(
        [sys.executable, "-c", example],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(SOURCES.parent)},
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_a_message_is_shown_as_the_readme_says(tmp_path):
    odd, plain = run_example_of_readme(2, tmp_path).splitlines()
    assert odd.startswith("2 ['timestamp is 0")
    assert "__absent__" in plain


def test_the_example_of_the_readme_works_as_it_stands(tmp_path):
    equal, ledger = run_example_of_readme(0, tmp_path).split(" ", 1)
    assert equal == "True"
    assert int(re.search(r"([\d,]+) seen", ledger)[1].replace(",", "")) > 100_000
    assert [path.name for path in tmp_path.iterdir()] == ["run_1.nxs"]
