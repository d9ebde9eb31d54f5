"""What relayconf's exit codes mean. The table in README.md is compared with this enum by a test."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit status of every command. 2 is also what typer itself uses for usage errors."""

    OK = 0
    ERROR = 1
    USAGE = 2
    CRASH = 3
    CHANGES_PENDING = 4
    HOST_FAILED = 5
    ROLLBACK_FAILED = 6
    INTERRUPTED = 130
