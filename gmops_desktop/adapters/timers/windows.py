"""A task of the Windows Task Scheduler (schema: MS-TSCH 2.5), made from XML by `schtasks`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as Xml

from gmops_desktop.adapters.timers.running import Job, TimerState, ask, call
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_SPACE: Final = "http://schemas.microsoft.com/windows/2004/02/mit/task"


def usable() -> bool:
    """Whether this is Windows."""
    return sys.platform == "win32"


def install(job: Job) -> TimerState:
    """Make the task, in the place of an older one."""
    with tempfile.TemporaryDirectory(prefix="gmops-") as folder:
        file = Path(folder) / "task.xml"
        file.write_bytes(task(job))
        call(["schtasks", "/Create", "/F", "/TN", job.name, "/XML", str(file)])
    return state(job.name)


def remove(name: str) -> None:
    """Delete the task; do nothing where there is none."""
    if state(name).installed:
        call(["schtasks", "/Delete", "/F", "/TN", name])


def state(name: str) -> TimerState:
    """Say whether the task is there."""
    there = ask(["schtasks", "/Query", "/TN", name])[0] == 0
    note = tr("It runs while you are logged in: only then is the keyring open.") if there else ""
    return TimerState("windows", there, there, name, note)


def task(job: Job) -> bytes:
    """Return the task as XML in UTF-16, which is what `schtasks` reads.

    A task has no environment of its own, so `cmd` sets it.  It neither stops nor refuses on a
    battery (we decide), and a missed start is made up for.
    """
    root = Xml.Element("Task", {"version": "1.2", "xmlns": _SPACE})
    about = Xml.SubElement(root, "RegistrationInfo")
    Xml.SubElement(about, "Description").text = f"GMOps Desktop: {job.about}"
    trigger = Xml.SubElement(Xml.SubElement(root, "Triggers"), "TimeTrigger")
    repetition = Xml.SubElement(trigger, "Repetition")
    Xml.SubElement(repetition, "Interval").text = f"PT{job.minutes}M"
    Xml.SubElement(repetition, "StopAtDurationEnd").text = "false"
    Xml.SubElement(trigger, "StartBoundary").text = "2018-01-01T00:00:00"
    Xml.SubElement(trigger, "Enabled").text = "true"
    who = Xml.SubElement(Xml.SubElement(root, "Principals"), "Principal", {"id": "Author"})
    Xml.SubElement(who, "LogonType").text = "InteractiveToken"
    Xml.SubElement(who, "RunLevel").text = "LeastPrivilege"
    settings = Xml.SubElement(root, "Settings")
    for name, value in (
        ("MultipleInstancesPolicy", "IgnoreNew"),
        ("DisallowStartIfOnBatteries", "false"),
        ("StopIfGoingOnBatteries", "false"),
        ("StartWhenAvailable", "true"),
        ("Hidden", "true"),
        ("ExecutionTimeLimit", "PT0S"),
        ("Priority", "7"),
    ):
        Xml.SubElement(settings, name).text = value
    run = Xml.SubElement(Xml.SubElement(root, "Actions", {"Context": "Author"}), "Exec")
    Xml.SubElement(run, "Command").text = "cmd.exe"
    Xml.SubElement(run, "Arguments").text = shell_words(job)
    text = Xml.tostring(root, encoding="unicode")
    return ('<?xml version="1.0" encoding="UTF-16"?>\n' + text).encode("utf-16")


def shell_words(job: Job) -> str:
    """Return what `cmd.exe` gets: the settings, the command, and where its words go.

    With /s the outermost quotes are taken off and the rest is left alone.
    """
    parts = [f'set "{name}={value}"' for name, value in job.environment.items()]
    command = subprocess.list2cmdline(job.command)
    parts.append(f'{command} >> "{job.log}" 2>&1')
    text = " && ".join(parts)
    if "%" in text or "\n" in text:
        raise OpsError(
            tr("A path holds a character that the Task Scheduler's shell would change."),
            hint=tr("Move the program or its data folder to a path without %."),
            unharmed=tr("The timer is as it was."),
        )
    return f'/d /s /c "{text}"'
