"""The contract's year, lived through the program's own services in the sandbox, in some minutes.

    python3 -m sandbox.year FOLDER [--until 2025-05-04]

Every server runs, every backup, drill, change and document is real; only the clock is not.  What
an idle sandbox could not show (a year of looks at machines that people use) is in `past`.
"""
