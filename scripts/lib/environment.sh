# shellcheck shell=bash
# The environment that every script of the project builds and runs in. Source it; it installs and prints nothing.
#
#   simrun_root            the folder of the checkout
#   find_rust              puts a Rust that is new enough first in PATH; fails when there is none
#   target_directory       prints the folder that cargo builds into
#   require_writable DIR   ends the script, with the remedy, when DIR cannot be created or written
#   use_mpi NAME           builds and runs with this MPI (openmpi, mpich) where several are installed; fails when it is not
#   find_mpirun_flags      fills the array mpirun_flags: what the launcher needs for more ranks than it sees slots

# Started by a daemon there may be no HOME; cargo and rustup lie there.
[[ -n ${HOME:-} ]] || export HOME=~

simrun_root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck disable=SC2034 # read by the scripts that source this file
minimum_rust=$(sed -n 's/^rust-version *= *"\([0-9.]*\)".*/\1/p' "$simrun_root/Cargo.toml")

# version_at_least HAVE WANT: compares major.minor; anything behind the second number is ignored.
version_at_least() {
    local have_major have_minor want_major want_minor
    IFS=. read -r have_major have_minor _ <<<"$1."
    IFS=. read -r want_major want_minor _ <<<"$2."
    have_minor=${have_minor%%[^0-9]*}
    [[ $have_major =~ ^[0-9]+$ && $have_minor =~ ^[0-9]+$ ]] || return 1
    ((have_major > want_major || (have_major == want_major && have_minor >= want_minor)))
}

# rust_version FOLDER: the version of the compiler in FOLDER, or nothing. A cargo must stand beside it.
rust_version() {
    [[ -x $1/rustc && -x $1/cargo ]] || return 0
    (cd -- "$simrun_root" && "$1/rustc" --version 2>/dev/null) | sed -n 's/^rustc \([0-9][0-9.]*\).*/\1/p'
}

find_rust() {
    local folder on_path
    on_path=$(command -v cargo || true)
    for folder in "${on_path%/*}" "${CARGO_HOME:-$HOME/.cargo}/bin" /usr/local/bin /usr/bin; do
        if version_at_least "$(rust_version "$folder")" "$minimum_rust"; then
            [[ $folder == "${on_path%/*}" ]] || export PATH="$folder:$PATH"
            return 0
        fi
    done
    return 1
}

target_directory() {
    (cd -- "$simrun_root" && cargo metadata --format-version 1 --no-deps) |
        sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}

require_writable() {
    if ! { mkdir -p -- "$1" && : >"$1/.writable.$$" && rm -f -- "$1/.writable.$$"; } 2>/dev/null; then
        echo "${0##*/}: $1 cannot be written by $(id -un). $2" >&2
        exit 1
    fi
}

# Where the serial and the parallel HDF5 are both installed, pkg-config would pick the parallel one; files are written
# through the serial library only.
if [[ -z ${HDF5_DIR:-} ]]; then
    for folder in /usr/lib/*/hdf5/serial; do
        if [[ -d $folder && (-d ${folder%serial}openmpi || -d ${folder%serial}mpich) ]]; then
            export HDF5_DIR=$folder
        fi
    done
    unset folder
fi

# Open MPI refuses to start as root unless it is told twice that this is meant: containers have no other user.
if ((EUID == 0)); then
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
fi

# Debian and its kin install several MPIs side by side, each under its name: mpicc.mpich beside mpicc.openmpi. What is built with
# one cannot be used with another, and cargo does not see the difference: each has a target folder of its own.
use_mpi() {
    local command commands
    export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$simrun_root/target}/$1
    commands=$CARGO_TARGET_DIR/commands
    mkdir -p -- "$commands"
    for command in mpicc mpirun mpiexec; do
        command -v "$command.$1" >/dev/null || return 1
        # No links: MPICH looks for its helpers beside the name that it was started by.
        printf '#!/bin/sh\nexec %s "$@"\n' "$(command -v "$command.$1")" >"$commands/$command"
        chmod +x -- "$commands/$command"
    done
    export PATH="$commands:$PATH"
}

# Open MPI counts a hyperthreaded core once, and pins the ranks of two jobs to the same cores.
find_mpirun_flags() {
    mpirun_flags=()
    if mpirun --version 2>/dev/null </dev/null | grep -q 'Open MPI'; then
        # shellcheck disable=SC2034 # read by the scripts that source this file
        mpirun_flags=(--oversubscribe --bind-to none)
    fi
}
