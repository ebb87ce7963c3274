"""`python -m gmops_desktop`: without words the window opens, with words a command runs."""

from __future__ import annotations

import multiprocessing
import sys


def main() -> int:
    """Open the window, or run the command line; return the exit code."""
    multiprocessing.freeze_support()  # reports are built in a worker process
    if len(sys.argv) > 1:
        from gmops_desktop.cli import main as run_command

        return run_command()
    from gmops_desktop.app import open_program

    return open_program()


if __name__ == "__main__":
    sys.exit(main())
