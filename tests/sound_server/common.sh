# shellcheck shell=bash
# What `up` and `down` share: where a bench keeps its state, the lock on it, and how a process
# that was started earlier is told from another one that got its id. Sourced, not run.

me=${0##*/}
say() { printf '%s: %s\n' "$me" "$*" >&2; }

# check_name NAME: a name becomes a directory (which `down` deletes) and a part of the JACK
# server's name, and so of a socket path, which may not be long.
check_name() {
    [[ $1 =~ ^[A-Za-z0-9_-]{1,32}$ ]] ||
        { say "--name: 1 to 32 letters, digits, _ and -"; exit 2; }
}

# Prints the directory of all benches of this user. It need not exist yet.
base_path() {
    local parent=${CANSWEEP_BENCH_HOME:-} candidate
    if [ -z "$parent" ]; then
        # XDG_RUNTIME_DIR may name the directory of a session that is gone, or, after su, of
        # somebody else.
        for candidate in "${XDG_RUNTIME_DIR:-}" "${TMPDIR:-}" /tmp; do
            if [ -d "$candidate" ] && [ -w "$candidate" ]; then parent=$candidate; break; fi
        done
    fi
    [ -n "$parent" ] || { say "nowhere to keep state (set CANSWEEP_BENCH_HOME)"; return 4; }
    printf '%s/cansweep-bench-%s\n' "$parent" "$(id -u)"
}

# lock_base PATH [create]: hold the lock on the directory as file descriptor 9; fails if it is
# not there. The lock is on the directory itself, so that `down` can leave nothing behind; if
# it was deleted while we waited for the lock, what we hold is worth nothing and we try again.
lock_base() {
    while :; do
        if [ "${2:-}" = create ]; then
            mkdir -p "$(dirname "$1")" || exit 4
            mkdir -m 700 "$1" 2>/dev/null || true    # there already, as a rule
        fi
        [ -e "$1" ] || return 1
        # In a directory like /tmp somebody else may have put something under our name.
        if [ -L "$1" ] || [ ! -d "$1" ] || [ ! -O "$1" ]; then
            say "$1 is not a directory of this user"; exit 4
        fi
        { exec 9< "$1"; } 2>/dev/null || continue
        flock -w 120 9 || { say "another call holds $1 for too long"; exit 4; }
        [ "$1" -ef /proc/self/fd/9 ] && return 0
    done
}

# start_time PID: when the process began, in clock ticks since boot; fails if it is gone. A
# zombie is gone too: where process 1 reaps late, it would answer `kill -0` for a long time.
start_time() {
    local stat fields
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # The second field is the program's name in parentheses and may contain anything.
    read -ra fields <<< "${stat##*) }"
    [ "${fields[0]}" != Z ] || return 1
    printf '%s\n' "${fields[19]}"
}

# alive FILE: is the process running that FILE names by its id and its start time?
alive() {
    local pid start now
    [ -r "$1" ] && read -r pid start < "$1" || return 1
    now=$(start_time "$pid") && [ "$now" = "$start" ]
}
