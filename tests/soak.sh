#!/usr/bin/env bash
# Everything at once for a while: every kind of call, faults at the registry, kills and restarts; then each answer is held against
# the audit log and the log against the answers, and memory, descriptors and tasks against what they were.
#
#   tests/soak.sh [SECONDS [SEED]]     60 seconds unless it is said otherwise; by hand 600
#
# Prints its figures. Exit statuses: 0 all kept, 1 something wasn't. What is asked and judged stands in tests/process/soak.rs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export DANCU_SOAK_SECONDS=${1:-60} DANCU_SOAK_SEED=${2:-$RANDOM}
exec cargo test --locked --test process -- --exact --nocapture soak::every_answer_has_its_row_and_every_row_its_answer
