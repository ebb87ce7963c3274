"""A `gmops` that has its libraries in hand: each command is a fork of it.

A program of its own (`python ready_gmops.py FD`).  A request on the socket FD is a JSON object of
the words, environment, folder and limit of a file, with four descriptors: standard input, output,
error and one on which the command's process id and then its exit code are told.  The command goes
on as `python -m gmops_desktop.cli WORDS` does, in a process like any other, with no import paid
again; nothing of the program has run in it before.  It ends when nobody can ask any more.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import runpy
import signal
import socket
import sys
import time

# What nearly every command imports.  The commands themselves are not here: their help texts are
# looked up at import, in the language that the environment chooses.
_IN_HAND = (
    "gmops_desktop.app",
    "gmops_desktop.everything",
    "gmops_desktop.adapters.mysql",
    "gmops_desktop.adapters.ssh",
    "pydantic.main",
    "typer.main",
    "typer.rich_utils",
)


def serve(line: socket.socket) -> list[str] | None:
    """Answer requests; return the words in the process that is to be the command."""
    while True:
        request, fds, _flags, _address = socket.recv_fds(line, 1 << 20, 4)
        if not request:
            return None
        if os.fork():
            for fd in fds:
                os.close(fd)
            continue
        line.close()
        *standard, told = fds
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if command := os.fork():
            _mind(command, standard, told)
        os.close(told)
        return _become(json.loads(request), standard)


def _mind(command: int, standard: list[int], told: int) -> None:
    """Tell how the command ends, and leave at once."""
    for fd in (0, 1, 2, *standard):
        os.close(fd)
    os.write(told, b"%d\n" % command)
    _, status = os.waitpid(command, 0)
    os.write(told, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(request: dict, standard: list[int]) -> list[str]:
    for number, fd in enumerate(standard):
        os.dup2(fd, number)
        os.close(fd)
    # As an interpreter that starts in an environment without a locale opens them.
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    sys.path[1:1] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    os.chdir(request["folder"])
    if (limit := request["file_limit"]) is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    return request["words"]


if __name__ == "__main__":
    sys.path[0] = os.getcwd()  # as `-m` has it
    for name in _IN_HAND:
        importlib.import_module(name)
    gc.freeze()  # what is shared stays shared
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the processes that mind
    if (words := serve(socket.socket(fileno=int(sys.argv[1])))) is not None:
        sys.argv[1:] = words
        runpy.run_module("gmops_desktop.cli", run_name="__main__", alter_sys=True)
