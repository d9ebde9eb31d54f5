#!/bin/sh
# Make .venv and install the project and its tools into it. Run by make, from the top of the checkout.
set -eu

stop() {
    printf 'relayconf: %s\n' "$1" >&2
    exit 1
}

recent() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
        recent "$candidate" || continue
        printf '%s\n' "$candidate"
        return
    done
    return 1
}

make_venv() {
    if python=$(find_python); then
        # Debian ships venv without the part that puts pip into it.
        if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
            "$python" -m venv --clear .venv
            return
        fi
        advice="install venv for $python (Debian, Ubuntu: apt-get install python3-venv)"
    else
        advice='install Python 3.11 or later with venv (Debian, Ubuntu: apt-get install python3 python3-venv), or uv'
    fi
    command -v uv >/dev/null || stop "$advice"
    uv venv --quiet --clear --seed --python '>=3.11' .venv || stop "uv found no Python: $advice"
}

# A .venv of a Python that is gone, of an old one, or half made is made anew.
if ! recent .venv/bin/python || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    make_venv
fi

pip() {
    .venv/bin/python -m pip --disable-pip-version-check --no-input --quiet "$@" ||
        stop 'pip could not install what pyproject.toml asks for: is PyPI, or the index that pip is set to, reachable?'
}

printf 'relayconf: installing into .venv\n' >&2
# Dependency groups need pip 25.1; Debian 12 brings 23.
pip install --upgrade 'pip>=25.1'
# The versions that are known to work together; `make upgrade` renews them.
pip install --editable . --group dev --constraint tools/constraints.txt
