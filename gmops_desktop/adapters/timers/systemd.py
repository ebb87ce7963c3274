"""A timer of the user's own systemd (systemd.timer(5)): `~/.config/systemd/user`."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

from gmops_desktop.adapters.timers.running import Job, TimerState, ask, call, write
from gmops_desktop.language import tr


def usable() -> bool:
    """Whether this user has a systemd that answers."""
    return ask(["systemctl", "--user", "show-environment"])[0] == 0


def install(job: Job) -> TimerState:
    """Write both units anew and start the timer."""
    service, timer = units(job)
    folder = _folder()
    write(folder / f"{job.name}.service", service.encode())
    write(folder / f"{job.name}.timer", timer.encode())
    call(["systemctl", "--user", "daemon-reload"])
    call(["systemctl", "--user", "enable", "--now", f"{job.name}.timer"])
    return state(job.name)


def remove(name: str) -> None:
    """Stop the timer and delete its units; do nothing where there are none."""
    files = [_folder() / f"{name}.{kind}" for kind in ("timer", "service")]
    if not any(file.exists() for file in files):
        return
    call(["systemctl", "--user", "disable", "--now", f"{name}.timer"])
    for file in files:
        file.unlink(missing_ok=True)
    call(["systemctl", "--user", "daemon-reload"])


def state(name: str) -> TimerState:
    """Say how the timer stands."""
    file = _folder() / f"{name}.timer"
    active = ask(["systemctl", "--user", "is-active", f"{name}.timer"])[1].strip() == "active"
    note = ""
    if file.exists() and "Linger=yes" not in ask(["loginctl", "show-user", getpass.getuser()])[1]:
        note = tr(
            "It runs while you are logged in. To run it before you log in: "
            "loginctl enable-linger (the keyring must be open then, too)."
        )
    return TimerState("systemd", file.exists(), file.exists() and active, str(file), note)


def units(job: Job) -> tuple[str, str]:
    """Return the texts of the service and of the timer.

    `Persistent` starts it once after the machine was off; no random delay is added.
    """
    settings = "".join(f"Environment={_quoted(f'{k}={v}')}\n" for k, v in job.environment.items())
    # In a command "$" begins a variable; in a setting it does not.  `env` goes first because
    # systemd refuses a program whose own path holds a quote or a dollar.
    command = " ".join(_quoted(word).replace("$", "$$") for word in job.command)
    service = (
        "[Unit]\n"
        f"Description=GMOps Desktop: {job.about}\n"
        "\n"
        "[Service]\n"
        "Type=oneshot\n"
        f"ExecStart=/usr/bin/env {command}\n"
        f"{settings}"
        "Nice=10\n"
        "IOSchedulingClass=idle\n"
        "TimeoutStartSec=infinity\n"
    )
    timer = (
        "[Unit]\n"
        f"Description=GMOps Desktop: {job.about}\n"
        "\n"
        "[Timer]\n"
        f"OnCalendar=*:0/{job.minutes}\n"
        "AccuracySec=1s\n"
        "Persistent=true\n"
        "\n"
        "[Install]\n"
        "WantedBy=timers.target\n"
    )
    return service, timer


def _quoted(word: str) -> str:
    """Quote a word for a unit file (systemd.syntax(7), "Quoting"; "%" begins a specifier)."""
    word = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{word}"'


def _folder() -> Path:
    root = os.environ.get("XDG_CONFIG_HOME")
    return (Path(root) if root else Path.home() / ".config") / "systemd" / "user"
