"""`python -m sandbox start|stop|status|reset [--small] [--json]`: the sandbox from a terminal.

`gmops sandbox` does the same with the program's own dress; this one needs nothing but Python.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from sandbox.box import Sandbox, Status, default_folder


def main(words: Sequence[str] | None = None) -> int:
    """Do what `words` say; return 0 done, 1 failed, 2 usage (raised by argparse)."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description=tr("Real servers on this machine to try things on.")
    )
    parser.add_argument("action", choices=["start", "stop", "status", "reset"])
    parser.add_argument("--folder", type=Path, default=default_folder())
    parser.add_argument("--small", action="store_true", help=tr("a database of 3 MB, not 200"))
    parser.add_argument("--json", action="store_true", dest="as_json")
    chosen = parser.parse_args(words)
    try:
        box = Sandbox(chosen.folder, small=chosen.small)
        if chosen.action != "status":
            getattr(box, chosen.action)()
        status = box.status()
    except OpsError as error:
        sys.stderr.write(f"{error.message}\n{error.hint}\n".rstrip("\n") + "\n")
        return 1
    if chosen.as_json:
        shown = {"status": asdict(status), "environment": box.environment()}
        sys.stdout.write(json.dumps(shown, default=str, ensure_ascii=False, indent=1) + "\n")
    else:
        sys.stdout.write(_told(status, box.environment()))
    return 0


def _told(status: Status, environment: dict[str, str]) -> str:
    lines = [tr("Sandbox in {folder}", folder=status.folder)]
    for server in status.servers:
        state = tr("runs") if server.running else tr("stopped")
        lines.append(f"  {server.name:10} {server.port or '-':>6}  {state}")
    if status.running:
        lines.append(tr("Work in it with:"))
        lines += [f"  export {name}={shlex.quote(value)}" for name, value in environment.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
