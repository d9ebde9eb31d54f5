"""`python -m relayconf` and the console script."""

from __future__ import annotations

from relayconf.cli import app


def main() -> None:
    """Run the command line; exits with an ExitCode."""
    app()


if __name__ == "__main__":
    main()
