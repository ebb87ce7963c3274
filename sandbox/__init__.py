"""A cloud in a box for demo, tests and benchmarks; never shipped with the program."""
