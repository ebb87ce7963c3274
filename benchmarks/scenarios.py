"""The scenarios of a backup: who does what, in which order, on which state of the data."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks import database as data
from benchmarks.contest import Contest
from benchmarks.line import Line
from benchmarks.results import (
    DAILY,
    DUMP,
    FIRST,
    LOOPBACK,
    MYDUMPER,
    OURS,
    PLAIN_DUMP,
    SAME,
    SSH_DUMP,
    WIDE,
    Sample,
)


def on_the_loopback(contest: Contest, runs: int) -> None:
    """Full backups; the contestants take turns, after one dump that is not counted.

    mysqldump encrypts by itself, also on the loopback, and our program does not there: so it is
    also measured without.
    """
    contest.dump()
    work = {
        DUMP: contest.dump,
        PLAIN_DUMP: lambda: contest.dump("--skip-ssl"),
        OURS: lambda: _first(contest),
        MYDUMPER: contest.mydumper,
    }
    names = list(work)
    for number in range(runs):
        turn = number % len(names)
        for who in names[turn:] + names[:turn]:
            if sample := work[who]():
                contest.results.add(LOOPBACK, who, sample)


def with_a_wide_row(contest: Contest) -> None:
    """A table that holds a row of 64 MB: what counts is the memory it takes."""
    with contest.home() as home:
        contest.results.add(WIDE, OURS, contest.take(home, schema=data.WIDE_SCHEMA)[0])


def over_the_line(contest: Contest, line: Line, runs: int) -> Path:
    """First, daily and idle backups, day after day; return the last archive.

    On each state of the data the stock tools dump once: that is the rival of the first backup of
    this state, and of the daily and the idle one, each thus compared with a dump of the same rows.
    """
    add, kept = contest.results.add, contest.folder / "last.sql.zst"
    add(FIRST, SSH_DUMP, contest.dump_over(line))
    for number in range(runs):
        with contest.home(line) as home:
            add(FIRST, OURS, contest.take(home, line)[0])
            contest.live_a_day()
            add(DAILY, OURS, contest.take(home, line)[0])
            sample, path = contest.take(home, line)
            add(SAME, OURS, sample)
            shutil.copyfile(path, kept)
        rival = contest.dump_over(line)
        for scenario in (DAILY, SAME) if number == runs - 1 else (FIRST, DAILY, SAME):
            add(scenario, SSH_DUMP, rival)
    return kept


def _first(contest: Contest) -> Sample:
    with contest.home() as home:
        return contest.take(home)[0]
