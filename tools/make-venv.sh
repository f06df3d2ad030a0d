#!/bin/sh
# make-venv.sh FOLDER [PYTHON]: make a virtual environment with pip in it, from any Python 3.11 or newer.
set -eu

folder=$1
wanted=${2:-}

fits() { # A name on PATH may be a shim with nothing behind it: only running it tells.
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

python=
for candidate in ${wanted:-python3.11 python3.12 python3.13 python3 python python3.14}; do
    if fits "$candidate"; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "livedata needs Python 3.11 or newer; ${wanted:-no python on PATH} is none. Install one, or: make PYTHON=/path/to/python" >&2
    exit 1
fi

has_pip() { "$folder/bin/python" -m pip --version >/dev/null 2>&1; }

make_whole() {
    rm -rf "$folder"
    "$python" -m venv "$folder" >/dev/null 2>&1 && has_pip
}

# Debian and Ubuntu ship a Python whose venv lacks pip. The base Python's pip can then install one inside.
make_from_base_pip() {
    rm -rf "$folder"
    "$python" -m venv --without-pip "$folder" >/dev/null 2>&1 &&
        "$python" -m pip --python "$folder/bin/python" install --quiet pip >/dev/null 2>&1 && has_pip
}

make_with_apt() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "Installing python$version-venv with apt-get ..."
    apt-get update -qq >/dev/null 2>&1 || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "python$version-venv" >/dev/null 2>&1 && make_whole
}

make_with_virtualenv() {
    rm -rf "$folder"
    "$python" -m virtualenv --quiet "$folder" >/dev/null 2>&1 && has_pip
}

echo "Making the environment $folder with $("$python" --version) ..."
if make_whole || make_from_base_pip || make_with_virtualenv || make_with_apt; then
    exit 0
fi
rm -rf "$folder"
echo "$python cannot make an environment with pip. On Debian and Ubuntu: apt-get install python3-venv" >&2
exit 1
