#!/bin/sh
# Makes the environments that are named, or all: `environments.sh ours optuna`. One virtual environment
# a library family, from the pins in environments/NAME.txt; one that fails is reported, the rest go on.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venvs=${TUNEBOOK_BENCH_VENVS:-$here/../.venvs}
python=${PYTHON:-$root/.venv/bin/python}
names=${*:-$(cd "$here/environments" && ls | sed 's/\.txt$//')}

make_environment() { # name
    pins=$here/environments/$1.txt
    [ -f "$pins" ] || { echo "environments: there is no $pins" >&2; return 1; }
    stamp=$venvs/$1/stamp
    wanted=$(cksum <"$pins")
    [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && return 0
    echo "environments: making $1"
    "$python" -m venv --clear "$venvs/$1" || return 1
    # "# pip: --no-deps NAME" lines install what must not bring its dependencies along.
    install="$venvs/$1/bin/python -m pip install --quiet --disable-pip-version-check"
    $install -r "$pins" || return 1
    sed -n 's/^# pip: //p' "$pins" | while read -r line; do $install $line || exit 1; done || return 1
    if [ "$1" = ours ]; then $install -c "$root/constraints.txt" -e "$root" || return 1; fi
    echo "$wanted" >"$stamp"
}

mkdir -p "$venvs"
failed=""
for name in $names; do
    make_environment "$name" || failed="$failed $name"
done
if [ -n "$failed" ]; then
    echo "environments: failed:$failed" >&2
    exit 1
fi
