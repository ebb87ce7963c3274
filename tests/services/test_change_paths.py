"""No path begins anything through a closed gate: verbs in any order, while the world changes.

A few walks, the same ones each time; `GMOPS_SOAK=50` tries that many new ones.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from change_desk import GB, MINUTE, PLAN, Desk
from db.engine import Database
from db.ids import uuid7
from gmops_desktop.context import Context
from gmops_desktop.contract.change_checks import Checked
from gmops_desktop.contract.changes import AUDIENCES, BEFORE, Audience
from gmops_desktop.contract.gates import TABLE
from gmops_desktop.errors import OpsError

SOAK = int(os.environ.get("GMOPS_SOAK", "0"))
DAY = timedelta(hours=24)


class Walk(RuleBasedStateMachine):
    """Keeps its own account of what was said and done, and holds every start against it."""

    template: ClassVar[Path]
    begun: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=self.template.parent))
        shutil.copy(self.template, self.folder / "store.db")
        self.database = Database(self.folder / "store.db")
        self.desk = Desk(self.database)
        things = {one.kind: one for one in self.desk.contracts.resources()}
        self.desk.host, self.desk.site_db = things["host"], things["mysql"]
        self.desk.site, self.desk.cloud = things["website"], things["cloud"]
        self.server = self.desk.server
        self.server.on_start = self.on_start
        change = self.desk.patches.add("release", "v2", self.desk.host, PLAN)
        self.id, self.number = change.id, change.number
        self.other = self.desk.patches.add("configuration", "b", self.desk.host, {"path": "b"}).id
        self.others = False
        self.assessed = False
        self.window: tuple[datetime, datetime] | None = None
        self.told: dict[Audience, tuple[datetime, datetime] | None] = {}
        self.author, self.approver = "张伟", ""
        self.passed: set[str] = set()
        self.prepared = False
        self.checked: datetime | None = None
        self.copies: dict[str, datetime] = {}

    def teardown(self) -> None:
        self.database.close()

    # ------------------------------------------------------------ what may not happen

    def on_start(self, purpose: str) -> None:
        """Called as the server is told to begin: everything must be as the contract asks."""
        if purpose == "rollback":
            assert self.prepared
            assert not self.others
            return
        now, passed = self.desk.now, self.passed
        assert self.assessed or "assessed" in passed
        for one in AUDIENCES:
            told = self.window is not None and self.told.get(one) == self.window
            assert told or f"notice_{one}" in passed
        inside = self.window is not None and self.window[0] <= now < self.window[1]
        assert inside or "window" in passed
        assert self.approver not in ("", self.author) or "second_person" in passed
        for gate in ("backup", "files"):
            at = self.copies.get(gate)
            assert (at is not None and now - at <= DAY) or gate in passed
        assert "snapshot" in passed or now - self.copies["snapshot"] <= 2 * DAY
        assert self.server.disk_free >= 3 * GB
        assert self.server.health == ""
        assert self.server.differs == ()
        assert self.server.why_not == "" or self.prepared
        assert self.prepared
        assert self.checked is not None
        assert timedelta() <= now - self.checked <= 30 * MINUTE
        assert not self.others
        Walk.begun += 1

    @invariant()
    def what_has_begun_was_never_forgotten(self) -> None:
        change = self.desk.patches.get(self.id)
        known = {run.id for run in change.runs}
        assert {one[1] for one in self.server.runs()} <= known
        going = [run for run in change.runs if run.state != "absent"]
        if not going:
            assert change.state in BEFORE | {"cancelled"}
        if change.state == "closed":
            assert change.confirmed_by == "李慧敏"
            assert change.handed_at is not None

    # ------------------------------------------------------------ the verbs

    def does(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except OpsError:
            return False
        return True

    @rule()
    def assess(self) -> None:
        self.assessed |= self.does(
            lambda: self.desk.patches.assess(self.id, text="x", by="陈志远", person_days=Decimal(0))
        )

    @rule()
    def simulate(self) -> None:
        self.does(lambda: self.desk.patches.simulate(self.desk.host, self.id, Context()))

    @rule(who=st.sampled_from(["张伟", "刘洋"]), text=st.sampled_from(["a", "b"]))
    def replan(self, who: str, text: str) -> None:
        self.desk.actor = who
        plan = {**PLAN, "source": text}
        if self.does(lambda: self.desk.patches.replan(self.desk.host, self.id, Context(), plan)):
            self.author, self.approver, self.window = who, "", None
            self.told, self.passed = {}, set()
            self.prepared, self.checked = False, None

    @rule(begin=st.sampled_from([-30, -1, 5]), length=st.sampled_from([31, 300]))
    def set_window(self, begin: int, length: int) -> None:
        start = self.desk.now + begin * MINUTE
        window = start, start + length * MINUTE
        if self.does(lambda: self.desk.patches.set_window(self.id, *window)):
            self.window = window

    @rule(one=st.sampled_from(AUDIENCES))
    def announce(self, one: Audience) -> None:
        if self.does(lambda: self.desk.patches.announce(self.id, one, "公告")):
            self.told[one] = self.window

    @rule(who=st.sampled_from(["张伟", "刘洋"]))
    def approve(self, who: str) -> None:
        self.desk.actor = who
        if self.does(lambda: self.desk.patches.approve(self.id)):
            self.approver = who

    @rule(gate=st.sampled_from([row.key for row in TABLE]))
    def pass_gate(self, gate: str) -> None:
        if self.does(lambda: self.desk.patches.pass_gate(self.id, gate, "紧急")):  # type: ignore[arg-type]
            assert gate not in ("disk", "manager", "plan", "way_back", "checks", "alone")
            self.passed.add(gate)

    @rule()
    def prepare(self) -> None:
        if self.does(lambda: self.desk.patches.prepare(self.desk.host, self.id, Context())):
            self.prepared = self.server.why_not == ""

    @rule()
    def check_before(self) -> None:
        fine = all(one.state == "ok" for one in self.server.checked.values())
        if self.does(lambda: self.desk.patches.check_before(self.desk.host, self.id, Context())):
            self.checked = self.desk.now if fine else None

    @rule(typed=st.booleans())
    def apply(self, typed: bool) -> None:
        confirm = self.number if typed else "C-9999"
        begun = len(self.server.runs())
        self.does(
            lambda: self.desk.patches.apply(self.desk.host, self.id, Context(), confirm=confirm)
        )
        assert typed or len(self.server.runs()) == begun

    @rule()
    def attach(self) -> None:
        self.does(lambda: self.desk.patches.attach(self.desk.host, self.id, Context()))

    @rule()
    def roll_back(self) -> None:
        self.does(
            lambda: self.desk.patches.roll_back(
                self.desk.host, self.id, Context(), confirm=self.number, reason="x"
            )
        )

    @rule()
    def try_again(self) -> None:
        if self.does(lambda: self.desk.patches.try_again(self.id, "x")):
            self.checked = None

    @rule(which=st.sampled_from(["after", "accept", "confirm", "hand", "close"]))
    def end(self, which: str) -> None:
        patches, host = self.desk.patches, self.desk.host
        acts: dict[str, Callable[[], object]] = {
            "after": lambda: patches.check_after(host, self.id, Context()),
            "accept": lambda: patches.accept(self.id, "x"),
            "confirm": lambda: patches.confirm(self.id, by="李慧敏", channel="电话"),
            "hand": lambda: patches.hand_over(host, self.id, Context()),
            "close": lambda: patches.close(self.id),
        }
        self.does(acts[which])

    @rule()
    def put_right(self) -> None:
        """Do everything that is asked, so that walks get as far as a begin."""
        self.server.differs, self.server.health, self.server.why_not = (), "", ""
        self.server.disk_free = 50 * GB
        self.end_others()
        self.assess()
        self.simulate()
        self.set_window(-1, 300)
        for one in AUDIENCES:
            self.announce(one)
        self.approve("刘洋" if self.author == "张伟" else "张伟")
        for one in ("backup", "files", "snapshot"):
            self.copy(one)
        self.prepare()
        self.check("ok")
        self.check_before()

    @rule(data=st.data(), spoilt=st.booleans())
    def begin(self, data: st.DataObject, spoilt: bool) -> None:
        """Go straight to a begin, with at most one thing wrong."""
        self.put_right()
        if spoilt:
            wrong: list[Callable[[], object]] = [
                lambda: self.wait(31),
                lambda: self.wait(25 * 60),
                lambda: self.spoil(("+ x",), "", 50 * GB, ""),
                lambda: self.spoil((), "locked.", 50 * GB, ""),
                lambda: self.spoil((), "", GB, ""),
                lambda: self.set_window(5, 300),
                lambda: self.replan(self.author, "b"),
                self.begin_other,
            ]
            data.draw(st.sampled_from(wrong))()
        self.apply(True)

    # ------------------------------------------------------------ the world

    @rule(minutes=st.sampled_from([1, 20, 31, 200, 25 * 60]))
    def wait(self, minutes: int) -> None:
        self.desk.now += minutes * MINUTE

    @rule(which=st.sampled_from(["backup", "files", "snapshot"]))
    def copy(self, which: str) -> None:
        thing = {"backup": self.desk.site_db, "files": self.desk.site}.get(which)
        if thing is None:
            self.desk.look_at_cloud()
        else:
            self.desk.back_up(thing, which)
        self.copies[which] = self.desk.now

    @rule(state=st.sampled_from(["ok", "critical", "unknown"]))
    def check(self, state: str) -> None:
        self.server.checked["page:/"] = Checked("page:/", "page", state, state)  # type: ignore[arg-type]

    @rule(
        differs=st.sampled_from([(), ("+ x",)]),
        health=st.sampled_from(["", "locked."]),
        free=st.sampled_from([GB, 50 * GB]),
        why_not=st.sampled_from(["", "No old package is left."]),
    )
    def spoil(self, differs: tuple[str, ...], health: str, free: int, why_not: str) -> None:
        self.server.differs, self.server.health = differs, health
        self.server.disk_free, self.server.why_not = free, why_not

    @rule(state=st.sampled_from(["done", "failed"]), silent=st.sampled_from([0, 0, 99]))
    def answer(self, state: str, silent: int) -> None:
        self.server.state, self.server.silent = state, silent  # type: ignore[assignment]

    @rule(lost=st.booleans())
    def lose_starts(self, lost: bool) -> None:
        self.server.refuses_start = OpsError("lost") if lost else None

    @rule()
    def begin_other(self) -> None:
        if not self.others:
            run = {"purpose": "apply", "at": self.desk.now.isoformat(), "by": "x"}
            self.running = uuid7()
            self.desk.write(self.other, **{f"run_{self.running}": run})
            self.others = True

    @rule()
    def end_others(self) -> None:
        if self.others:
            self.desk.write(self.other, **{f"ended_{self.running}": {"state": "done"}})
            self.others = False


def test_no_order_of_verbs_begins_anything_through_a_closed_gate(tmp_path: Path) -> None:
    database = Database(tmp_path / "template.db")
    Desk(database).furnish()
    database.close()
    Walk.template, Walk.begun = tmp_path / "template.db", 0
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Walk,
        settings=settings(
            max_examples=SOAK or 12,
            stateful_step_count=40,
            deadline=None,
            derandomize=not SOAK,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Walk.begun >= 3  # the walks do come that far
