#!/bin/sh
# test-tools.sh PYTHON: fetch what the tests need beside Python packages: Chromium, flatc and what builds the verifier
# of FlatBuffers, and Apache Kafka's jars.
# Does nothing for what is there already, so that it may run before every test.
set -eu

python=$1

can_apt() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

updated=
apt_install() {
    if [ -z "$updated" ]; then
        apt-get update -qq >/dev/null 2>&1 || true
        updated=yes
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1
}

# Some systems have a stand-in on PATH that only says where to get the browser: running it tells.
has_chromium() {
    for name in "${LIVEDATA_CHROMIUM:-chromium}" chromium-browser google-chrome; do
        command -v "$name" >/dev/null 2>&1 && "$name" --version >/dev/null 2>&1 && return 0
    done
    "$python" - <<'END' >/dev/null 2>&1
import pathlib, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as p:
    sys.exit(not pathlib.Path(p.chromium.executable_path).exists())
END
}

has_flatc() { command -v flatc >/dev/null 2>&1; }

# The verifier is compiled with the library's headers; flatc and they are of one release when they come together.
has_compiler() {
    for name in c++ g++ clang++; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}
has_headers() {
    for place in /usr/include /usr/local/include /opt/homebrew/include; do
        [ -f "$place/flatbuffers/flatbuffers.h" ] && return 0
    done
    return 1
}

missing=
if ! has_chromium; then
    echo 'Installing Chromium for the browser tests ...'
    { can_apt && apt_install chromium fonts-dejavu-core && has_chromium; } ||
        { "$python" -m playwright install chromium >/dev/null 2>&1 && has_chromium; } ||
        missing="$missing chromium"
fi
if ! has_flatc; then
    echo 'Installing flatc, the FlatBuffers compiler, to check the schemas ...'
    { can_apt && apt_install flatbuffers-compiler && has_flatc; } || missing="$missing flatbuffers-compiler"
fi
if ! has_headers || ! has_compiler; then
    echo 'Installing a C++ compiler and the headers of FlatBuffers, to build its verifier ...'
    { can_apt && apt_install libflatbuffers-dev g++ && has_headers && has_compiler; } ||
        missing="$missing libflatbuffers-dev g++"
fi
if [ -n "$missing" ]; then
    echo "The tests need, and could not install:$missing" >&2
    echo "On Debian and Ubuntu: sudo apt-get install$missing" >&2
    exit 1
fi

echo 'Making sure that Apache Kafka is there for the tests (fetched once) ...'
"$python" -m livedata broker --fetch
