"""A marked block of lines in the user's crontab (crontab(5)); every other line stays as it is."""

from __future__ import annotations

import os
import re
import shlex
import shutil

from gmops_desktop.adapters.timers.running import Job, TimerState, ask, call
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr


def usable() -> bool:
    """Whether there is a `crontab` to ask."""
    return shutil.which("crontab") is not None


def install(job: Job) -> TimerState:
    """Put the block into the crontab, in the place of an older one."""
    call(["crontab", "-"], with_block(_present(), job))
    return state(job.name)


def remove(name: str) -> None:
    """Take the block out; do nothing where there is none."""
    before = _present()
    after = without_block(before, name)
    if after != before:
        call(["crontab", "-"], after)


def state(name: str) -> TimerState:
    """Say whether the block is there; whether a cron daemon runs, nobody tells a user."""
    try:
        there = _marks(name)[0] in _present().splitlines()
    except OpsError:
        there = False
    note = tr("What it says is appended to a file in the data folder, under logs.") if there else ""
    return TimerState("cron", there, there, "crontab", note)


def with_block(text: str, job: Job) -> str:
    """Return a crontab with the job's block at its end, and no older one."""
    others = without_block(text, job.name)
    if others and not others.endswith("\n"):
        others += "\n"
    begin, end = _marks(job.name)
    return f"{others}{begin}\n{line(job)}\n{end}\n"


def without_block(text: str, name: str) -> str:
    """Return a crontab without the job's block; a block whose end is lost is only its two lines."""
    begin, end = map(re.escape, _marks(name))
    block = rf"^{begin}\n(?:(?!{begin}).*\n)?(?:{end}(?:\n|\Z))?"
    return re.sub(block, "", text, flags=re.MULTILINE)


def line(job: Job) -> str:
    """Return the one line of the job: a shell command in which "%" would end it, so is escaped."""
    settings = [f"{name}={shlex.quote(value)}" for name, value in _environment(job).items()]
    command = [shlex.quote(word) for word in job.command]
    log = shlex.quote(str(job.log))
    text = " ".join([*settings, *command, ">>", log, "2>&1"])
    if "\n" in text:
        raise ValueError("a crontab knows no line breaks")
    return f"*/{job.minutes} * * * * {text}".replace("%", "\\%")


def _environment(job: Job) -> dict[str, str]:
    """Return the job's settings, and the way to the session's keyring, which cron does not know."""
    bus = f"/run/user/{os.getuid()}/bus" if hasattr(os, "getuid") else ""
    named = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={bus}"} if bus else {}
    return {**named, **job.environment}


def _marks(name: str) -> tuple[str, str]:
    return f"# BEGIN {name}", f"# END {name}"


def _present() -> str:
    """Return the crontab; one that does not exist yet is empty."""
    code, said, complaint = ask(["crontab", "-l"])
    if code and "no crontab" not in complaint.lower():
        raise OpsError(
            tr("The crontab cannot be read: {why}", why=complaint or code),
            hint=tr("Ask the administrator whether you may use cron (cron.allow)."),
            unharmed=tr("The crontab was not touched."),
        )
    return "" if code else said
