"""Everything at once: every part is told, and none stops the others."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from db.engine import Database
from db.journal import Journal
from gmops_desktop.addresses import Resource, WebAddress
from gmops_desktop.context import Context, Progress
from gmops_desktop.errors import Cancelled, OpsError, ProofFailed
from gmops_desktop.services.whole_backups import Kept, Kind, WholeBackups

SITE = Resource("r1", "website", "site", WebAddress("https://a.example"))
SHOP = Resource("r2", "website", "shop", WebAddress("https://b.example"))


def kept(*, complete: bool = True, faults: tuple[str, ...] = ()) -> Kept:
    return Kept("a1", Path("/archives/a1"), 1000, complete, "As it should be.", faults)


def kind(key: str, take: Callable[[Resource, Context], Kept], *resources: Resource) -> Kind:
    return Kind(key, lambda: key.title(), lambda: resources, take)


@pytest.fixture
def journal(database: Database) -> Journal:
    return Journal(database, actor=lambda: "tester")


def test_all_is_well(database: Database, journal: Journal) -> None:
    told: list[int | None] = []
    whole = WholeBackups(
        database,
        journal,
        [kind("database", lambda _one, _context: kept(), SITE, SHOP),
         kind("files", lambda _one, context: (context.progress(50, "half"), kept())[1], SITE)],
    )  # fmt: skip
    run = whole.take(Context(lambda progress: told.append(progress.percent)))
    assert [(one.kind, one.name, one.outcome) for one in run.parts] == [
        ("database", "site", "whole"),
        ("database", "shop", "whole"),
        ("files", "site", "whole"),
    ]
    assert run.state == "ok"
    assert run.verdict == "3 parts are backed up and proved: everything."
    assert told[-1] == 100
    assert all(one is not None and one >= 66 for one in told)
    last = whole.last()
    assert last is not None
    assert (last.id, [one.path for one in last.parts]) == (run.id, ["/archives/a1"] * 3)
    assert journal.verify().ok


def test_a_failing_part_stops_nothing(database: Database, journal: Journal) -> None:
    def refused(_one: Resource, _context: Context) -> Kept:
        raise OpsError("The line is dead.", hint="Try again.")

    def unproved(_one: Resource, _context: Context) -> Kept:
        raise ProofFailed("A digest differs.")

    whole = WholeBackups(
        database,
        journal,
        [
            kind("database", refused, SITE),
            kind("files", unproved, SITE),
            kind("account", lambda _one, _context: kept(complete=False), SHOP),
            kind("more", lambda _one, _context: kept(faults=("Frame 3 is cut.",)), SHOP),
        ],
    )
    run = whole.take(Context())
    assert [(one.outcome, one.text) for one in run.parts] == [
        ("failed", "The line is dead. Try again."),
        ("unproved", "A digest differs."),
        ("incomplete", "As it should be."),
        ("unproved", "Frame 3 is cut."),
    ]
    assert run.state == "critical"
    assert run.verdict == "1 of 4 parts are backed up and proved. Not: site, site, shop."
    assert whole.all() == (whole.last(),)


@pytest.mark.logs("hit a bug")
def test_a_bug_in_one_part_is_told_and_stops_nothing(database: Database, journal: Journal) -> None:
    def wrong(_one: Resource, _context: Context) -> Kept:
        raise KeyError("rows")

    whole = WholeBackups(
        database,
        journal,
        [kind("database", wrong, SITE), kind("files", lambda _one, _context: kept(), SITE)],
    )
    run = whole.take(Context())
    assert [one.outcome for one in run.parts] == ["failed", "whole"]
    assert "KeyError" in run.parts[0].text


def test_what_is_left_out_is_said(database: Database, journal: Journal) -> None:
    whole = WholeBackups(
        database, journal, [kind("account", lambda _one, _context: kept(complete=False), SHOP)]
    )
    run = whole.take(Context())
    assert run.state == "warning"
    assert run.verdict.endswith("something is left out of: shop.")


def test_a_cancelled_run_is_recorded_as_far_as_it_came(
    database: Database, journal: Journal
) -> None:
    context = Context()

    def cancelled_by_user(_one: Resource, inner: Context) -> Kept:
        threading.Thread(target=context.cancel).start()
        inner.wait(30)
        raise AssertionError("the part was not woken")

    whole = WholeBackups(
        database,
        journal,
        [kind("database", lambda _one, _context: kept(), SITE),
         kind("files", cancelled_by_user, SITE),
         kind("account", lambda _one, _context: kept(), SITE)],
    )  # fmt: skip
    with pytest.raises(Cancelled):
        whole.take(context)
    last = whole.last()
    assert last is not None
    assert [one.outcome for one in last.parts] == ["whole", "cancelled", "cancelled"]
    assert last.state == "unknown"


def test_a_socket_closed_by_the_cancellation_is_no_failure(
    database: Database, journal: Journal
) -> None:
    context = Context()

    def broken(_one: Resource, _inner: Context) -> Kept:
        context.cancel()
        raise OpsError("The connection was lost.")

    with pytest.raises(Cancelled):
        WholeBackups(database, journal, [kind("database", broken, SITE)]).take(context)


def test_nothing_to_back_up_is_told(database: Database, journal: Journal) -> None:
    with pytest.raises(OpsError, match="nothing to back up"):
        WholeBackups(database, journal, []).take(Context())
    assert journal.count() == 0


def test_progress_of_a_part_without_a_percentage(database: Database, journal: Journal) -> None:
    told: list[Progress] = []

    def vague(_one: Resource, inner: Context) -> Kept:
        inner.progress(None, "nobody knows")
        return kept()

    WholeBackups(database, journal, [kind("files", vague, SITE)]).take(Context(told.append))
    assert told[0].percent is None
