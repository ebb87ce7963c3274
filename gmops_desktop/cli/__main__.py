"""`python -m gmops_desktop.cli`, and the console executable of the frozen program."""

from __future__ import annotations

import multiprocessing
import sys

from gmops_desktop.cli import main

if __name__ == "__main__":
    # In the frozen program, this is also how the worker process of a report starts.
    multiprocessing.freeze_support()
    sys.exit(main())
