#!/usr/bin/env bash
# Everything that is checked before a change goes in, on a machine with Debian and Rust. CI runs this and nothing else.
#
#   tests/run.sh            all checks; goes on after a failure, so that one run tells everything
#
# Needs a C compiler, trusted certificates, openssl, PostgreSQL and Redis (the programs; no service is left running), and to read and
# see what is made poppler, zbar, Chromium, Node and Python; as root on Debian it installs what is missing, otherwise it says
# what to install. Fetches the locked dependencies and works offline from then on. Exit statuses: 0 all passed, 1 something
# failed, 2 something is missing. The last line counts tests and checks: "N passed, N failed".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

passed=0
failed=0
report=()
began=$SECONDS

say() { printf '\n== %s\n' "$*"; }

missing() {
    printf 'tests/run.sh: %s\n' "$*" >&2
    exit 2
}

# ---- what must be there

need_packages() {
    local packages=()
    command -v cc >/dev/null || packages+=(build-essential)
    command -v openssl >/dev/null || packages+=(openssl)
    command -v pdftotext >/dev/null || packages+=(poppler-utils)
    command -v zbarimg >/dev/null || packages+=(zbar-tools)
    command -v redis-server >/dev/null || packages+=(redis-server)
    command -v faketime >/dev/null || packages+=(faketime)
    command -v npm >/dev/null || packages+=(nodejs npm)
    python3 -m venv --help >/dev/null 2>&1 || packages+=(python3-venv)
    [[ -s /etc/ssl/certs/ca-certificates.crt ]] || packages+=(ca-certificates)
    compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || packages+=(postgresql)
    command -v chromium >/dev/null || packages+=(chromium fonts-dejavu-core)
    [[ ${#packages[@]} -gt 0 ]] || return 0
    if [[ $EUID -ne 0 ]] || ! command -v apt-get >/dev/null; then
        missing "needs these packages: ${packages[*]} (apt-get install ${packages[*]})"
    fi
    say "installing ${packages[*]}"
    export DEBIAN_FRONTEND=noninteractive
    if [[ " ${packages[*]} " == *" postgresql "* && ! -e /etc/postgresql-common/createcluster.conf ]]; then
        # The tests start servers of their own; Debian's would run beside them for ever.
        mkdir -p /etc/postgresql-common
        printf 'create_main_cluster = false\n' >/etc/postgresql-common/createcluster.conf
    fi
    apt-get update -qq || missing "apt-get update failed"
    # Debian starts the servers that it installs, unless this says no; the tests start their own.
    local policy=/usr/sbin/policy-rc.d
    if [[ -e $policy ]]; then
        policy=""
    else
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        # shellcheck disable=SC2064 # the path as it is now
        trap "rm -f $policy; rm -rf $scratch" EXIT
    fi
    apt-get install -y -qq --no-install-recommends "${packages[@]}" || missing "could not install ${packages[*]}"
    rm -f ${policy:+"$policy"}
    trap 'rm -rf "$scratch"' EXIT
}

need_rust() {
    command -v cargo >/dev/null || missing "needs Rust: https://rustup.rs"
    local component
    for component in fmt clippy; do
        cargo "$component" --version >/dev/null 2>&1 && continue
        command -v rustup >/dev/null || missing "needs cargo-$component"
        rustup component add "${component/#fmt/rustfmt}" || missing "could not add cargo-$component"
    done
}

# Programs of others that read what the gateway confirms (tests/it/outside.rs), at the versions that tests/outside names.
need_outside_readers() {
    local at=target/outside
    local wanted
    wanted=$(cat tests/outside/requirements.txt tests/outside/package-lock.json | sha256sum)
    [[ -s $at/ready && $(<"$at/ready") == "$wanted" ]] && return 0
    say "fetching the outside readers"
    mkdir -p "$at"
    rm -f "$at/ready"
    cp tests/outside/package.json tests/outside/package-lock.json "$at/"
    (cd "$at" && npm ci --no-audit --no-fund --loglevel=error) || missing "could not fetch the readers of npm"
    python3 -m venv "$at/venv" || missing "could not make a virtual environment of Python (python3-venv)"
    "$at/venv/bin/pip" install --quiet --disable-pip-version-check -r tests/outside/requirements.txt ||
        missing "could not fetch the readers of PyPI"
    printf '%s\n' "$wanted" >"$at/ready"
}

# ---- counting

# Runs one check and counts it; a check that knows better how much it holds leaves numbers in $scratch/count.
check() {
    local name=$1 start=$SECONDS good=0 bad=0 verdict=passed
    shift
    say "$name"
    rm -f "$scratch/count"
    # Each check runs in a shell of its own: there `set -e` holds, which it doesn't within an `if`.
    set +e
    (set -e; "$@")
    local status=$?
    set -e
    if [[ -s $scratch/count ]]; then
        read -r good bad <"$scratch/count"
    elif [[ $status -eq 0 ]]; then
        good=1
    fi
    if [[ $status -ne 0 ]]; then
        verdict=FAILED
        [[ $bad -gt 0 ]] || bad=1
    fi
    passed=$((passed + good))
    failed=$((failed + bad))
    report+=("$(printf '%-7s %5ds  %s' "$verdict" $((SECONDS - start)) "$name")")
    printf -- '-- %s: %s in %ds\n' "$name" "$verdict" $((SECONDS - start))
}

# Adds up the "N passed" and "N failed" of nextest's summary and of every line of `cargo test`.
count_tests() {
    local good bad
    good=$({ grep -E 'Summary \[|^test result:' || true; } <"$1" | { grep -oE '[0-9]+ passed' || true; } | sum)
    bad=$({ grep -E 'Summary \[|^test result:' || true; } <"$1" | { grep -oE '[0-9]+ failed' || true; } | sum)
    if [[ $good -gt 0 || $bad -gt 0 ]]; then
        printf '%d %d\n' "$good" "$bad" >"$scratch/count"
    fi
}

sum() { awk '{ total += $1 } END { print total + 0 }'; }

# ---- the checks

lint() { cargo clippy --workspace --all-targets --locked -- -D warnings; }

document() {
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked
}

run_tests() {
    local status=0
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run --workspace --locked --no-fail-fast --color never 2>&1 | tee "$scratch/tests" || status=1
        # Nextest leaves out the examples in the documentation.
        cargo test --workspace --doc --locked 2>&1 | tee -a "$scratch/tests" || status=1
    else
        cargo test --workspace --locked --no-fail-fast 2>&1 | tee "$scratch/tests" || status=1
    fi
    count_tests "$scratch/tests"
    return "$status"
}

# One TLS stack and no crate with a known hole: what must not come in by way of a dependency.
guard_dependencies() {
    local tree banned
    tree=$(cargo tree --workspace --locked --target all --edges normal,build,dev --prefix none)
    banned=$(grep -E '^((ring|rsa|openssl|openssl-sys|native-tls) v|h2 v0\.3\.)' <<<"$tree" | sort -u || true)
    if [[ -n $banned ]]; then
        printf 'must not be in the tree:\n%s\n' "$banned"
        return 1
    fi
    if [[ -z $tree ]]; then
        printf 'the tree is empty\n'
        return 1
    fi
}

dancu="${CARGO_TARGET_DIR:-target}/debug/dancu"

build_dancu() {
    # Linking the tests has made it already, as a rule.
    [[ -x $dancu ]] || cargo build --locked
}

# Makes the files that config/production.example.toml names, beside a copy of it.
stage_production() {
    local at=$1 secret
    mkdir -p "$at"
    cp -r config/. "$at/"
    mkdir -p "$at/secrets" "$at/tls"
    for secret in pseudonym sealing signing; do
        (umask 077 && openssl rand -hex 32 >"$at/secrets/$secret")
    done
    for secret in registry-secret registry-api-key; do
        (umask 077 && openssl rand -base64 24 >"$at/secrets/$secret")
    done
    (
        umask 077
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
            -keyout "$at/tls/key.pem" -out "$at/tls/chain.pem" 2>/dev/null
        cp "$at/tls/chain.pem" "$at/tls/client-ca.pem"
        cat "$at/tls/chain.pem" "$at/tls/key.pem" >"$at/tls/registry-identity.pem"
    )
}

check_configuration() {
    local at=$scratch/etc status=0
    build_dancu
    stage_production "$at"
    # The example as it stands, over the reference of all keys, and with the demo's register of clients.
    "$dancu" check-config "$at/production.example.toml"
    "$dancu" check-config "$at/gateway.toml" "$at/production.example.toml"
    DANCU__CLIENTS_FILE="$at/demo/clients.toml" "$dancu" check-config "$at/production.example.toml"
    # And the check must bite: a misspelt key, and a key file that others may read.
    DANCU__API__LISTN=127.0.0.1:0 "$dancu" check-config "$at/production.example.toml" 2>/dev/null || status=$?
    [[ $status -eq 78 ]] || { printf 'a misspelt key: exit status %d, not 78\n' "$status"; return 1; }
    status=0
    chmod 644 "$at/secrets/pseudonym"
    "$dancu" check-config "$at/production.example.toml" 2>/dev/null || status=$?
    [[ $status -eq 78 ]] || { printf 'a readable key file: exit status %d, not 78\n' "$status"; return 1; }
}

# The first of the two commands in the README: comes up, says where, and goes when told.
run_demo() {
    local line="" pid status=0
    build_dancu
    mkfifo "$scratch/demo"
    "$dancu" demo --json --port 0 --data "$scratch/demo-data" >"$scratch/demo" &
    pid=$!
    # shellcheck disable=SC2064 # the id as it is now
    trap "kill -TERM $pid 2>/dev/null || true" EXIT
    read -r -t 60 line <"$scratch/demo" || true
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" || status=$?
    trap - EXIT
    [[ $line == '{'*'"api"'*'}' ]] || { printf 'no line of JSON from the demo\n'; return 1; }
    [[ $status -eq 0 ]] || { printf 'the demo ended with %d\n' "$status"; return 1; }
}

# ---- all of it

need_packages
need_rust
need_outside_readers
say "fetching the locked dependencies"
cargo fetch --locked || missing "could not fetch the dependencies"
export CARGO_NET_OFFLINE=true CARGO_TERM_COLOR=never

check "format" cargo fmt --all --check
check "dependencies" guard_dependencies
check "lints" lint
check "documentation" document
check "tests" run_tests
check "soak" tests/soak.sh 60
check "configuration" check_configuration
check "demo" run_demo

say "summary after $((SECONDS - began))s"
printf '%s\n' "${report[@]}"
printf '%d passed, %d failed\n' "$passed" "$failed"
[[ $failed -eq 0 ]]
