"""A real JupyterLab and a real Chromium. What is missing makes the tests fail and say how to get it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from .lab import Lab, Notebook

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "only-for-this-test"
ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
QUIET = '{"fetchNews": "false", "checkForUpdates": false, "doNotDisturbMode": true}'


def chromium_path() -> str | None:
    """Return the system's Chromium, or None for the one that playwright brings."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    return None


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=chromium_path(), args=ARGS)
        except Error as error:
            pytest.fail(
                f"no Chromium to drive ({str(error).splitlines()[0]}); get one by 'apt-get install chromium' "
                "or 'python -m playwright install chromium'"
            )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start JupyterLab on a free port, with folders of its own; stop it by its process id."""
    home = tmp_path_factory.mktemp("lab")
    folders = {name: home / name.lower() for name in ("CONFIG", "DATA", "RUNTIME", "SETTINGS", "IPYTHON", "WORK")}
    for folder in folders.values():
        folder.mkdir()
    settings = folders["SETTINGS"] / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(QUIET)
    env = os.environ | {
        "JUPYTER_CONFIG_DIR": str(folders["CONFIG"]),
        "JUPYTER_DATA_DIR": str(folders["DATA"]),
        "JUPYTER_RUNTIME_DIR": str(folders["RUNTIME"]),
        "JUPYTERLAB_SETTINGS_DIR": str(folders["SETTINGS"]),
        "IPYTHONDIR": str(folders["IPYTHON"]),
        "HOME": str(home),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]),
        "NUMBA_CACHE_DIR": os.environ.get("NUMBA_CACHE_DIR", str(ROOT / ".cache" / "numba")),
    }
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={folders['WORK']}", "--LabApp.expose_app_in_browser=True",
        "--LabApp.news_url=None",
    ]  # fmt: skip
    with (home / "server.log").open("w") as log:
        server = subprocess.Popen(command, env=env, stdout=log, stderr=subprocess.STDOUT)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_it_answers(server, f"{url}/api/status?token={TOKEN}", home / "server.log")
            yield Lab(url, TOKEN, folders["WORK"], server.pid)
        finally:
            server.terminate()
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait_until_it_answers(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if server.poll() is not None:
            said = log.read_text()[-2000:]
            pytest.fail(f"JupyterLab ended at once; is it installed (pip install 'livedata[lab]')?\n{said}")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"JupyterLab does not answer after 60 s:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def screenshots() -> Path:
    folder = ROOT / "screenshots"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def notebook(lab: Lab, browser: object, request: pytest.FixtureRequest) -> Iterator[Notebook]:
    """Give a notebook to open; afterwards its kernel is shut down, and errors in the page fail the test."""
    driven = Notebook(lab, browser, request.node.name)
    yield driven
    driven.close()
    assert driven.errors == []
