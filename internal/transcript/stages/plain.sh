# Nothing runs.
# shellcheck shell=bash
