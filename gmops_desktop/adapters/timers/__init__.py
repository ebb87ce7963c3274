"""Timers of the operating system that start a command of ours every few minutes.

One module for each kind; all have `usable`, `install`, `remove` and `state`.  Everything is for
the present user alone: no rights of an administrator are asked for.
"""

from gmops_desktop.adapters.timers import cron, launchd, systemd, windows
from gmops_desktop.adapters.timers.running import Job, TimerState

__all__ = ["Job", "TimerState", "cron", "launchd", "systemd", "windows"]
