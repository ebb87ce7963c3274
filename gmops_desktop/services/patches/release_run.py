"""One run of a release with SQL: archive, scripts and switch in their order, there and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gmops_desktop.addresses import Resource
from gmops_desktop.context import Context
from gmops_desktop.contract.releases import ReleasePlan, Script
from gmops_desktop.contract.runs import RunPurpose
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.services.patches.release_ledger import Guard, RunLedger, RunRecord, Way

if TYPE_CHECKING:
    from gmops_desktop.services.patches.release_runs import ReleaseRuns


class ReleaseRun:
    """One run that has SQL beside its switch."""

    def __init__(
        self,
        runs: ReleaseRuns,
        host: Resource,
        release: ReleasePlan,
        change_id: str,
        run_id: str,
        context: Context,
    ) -> None:
        self._runs, self._ledger = runs, runs.ledger(run_id)
        self.host, self.release, self.context = host, release, context
        self.change_id, self.run_id = change_id, run_id

    def switch(self, purpose: RunPurpose) -> None:
        self._runs.switch(self, purpose)

    def forth(self) -> None:
        """Archive, SQL before, switch, SQL after."""
        runs, ledger = self._runs, self._ledger
        before, after = self.release.of("before"), self.release.of("after")
        if not ledger.exists:
            earlier = runs.since(self.change_id, "apply")
            for record in earlier:
                _refuse_unknown(record)
            guard = runs.guard(self.change_id)
            ledger.begin(self.change_id, "apply", before, after, device=runs.device)
            if guard:
                ledger.guard(guard)
            _carry(earlier, [*before, *after], ledger)
        record = ledger.read()
        _refuse_unknown(record)
        if record.done:
            return
        if record.guarded is None:
            ledger.guard(runs.take_guard(self, [*before, *after]))
        if before:
            self._enter(before)
            if not runs.run(self, before, ledger):
                runs.told(self, ledger)
                return
        ledger.switching()
        runs.note(self, ledger)
        if runs.switched(self, "apply"):
            if after:
                self._enter(after)
            if runs.run(self, after, ledger):
                if self.release.ways_down is None:
                    runs.settle(self, ledger)
                ledger.finish()
        runs.told(self, ledger)

    def _enter(self, scripts: Sequence[Script]) -> None:
        """Have it on the server that the database is about to be changed, before it is."""
        self._ledger.entering(scripts)
        self._runs.note(self, self._ledger)

    def back(self) -> None:
        """What undoes the SQL after, switch, what undoes the SQL before; or switch, and archive."""
        runs, ledger = self._runs, self._ledger
        if ledger.exists and ledger.read().done:
            return
        way, first, last = runs.way_back(self.release, self.change_id)
        if not ledger.exists:
            earlier = runs.since(self.change_id, "rollback")
            ledger.begin(self.change_id, "rollback", first, last, way=way, device=runs.device)
            _carry(earlier, [*first, *last], ledger)
        guard = runs.guard(self.change_id)
        if way == "archive":
            assert guard is not None  # `way_back` has looked
            runs.check_archive(self, guard)
        if first:
            self._enter(first)
        if not runs.run(self, first, ledger):
            runs.told(self, ledger)
            return
        ledger.switching()
        runs.note(self, ledger)
        if runs.switched(self, "rollback") and self._bring_back(way, guard, last):
            ledger.finish()
        runs.told(self, ledger)

    def _bring_back(self, way: Way, guard: Guard | None, last: Sequence[Script]) -> bool:
        """Bring the database back after the switch; say whether all of it is done."""
        runs, ledger = self._runs, self._ledger
        if way != "archive":
            if last:
                self._enter(last)
            return runs.run(self, last, ledger)
        assert guard is not None
        self._enter(())
        runs.bring_back(self, guard)
        ledger.restored()
        return True


def _carry(earlier: Sequence[RunRecord], scripts: Sequence[Script], ledger: RunLedger) -> None:
    """Enter into a new run what earlier ones have done to the database."""
    for script in scripts:
        count = max((record.statements_of(script.name) for record in earlier), default=0)
        if count:
            ledger.ended(script.name, count, 0)


def _refuse_unknown(record: RunRecord) -> None:
    if record.entered:
        raise OpsError(
            tr("It is not known how far {scripts} came: {device} began them and told the server"
               " nothing more.", scripts=tr(", ").join(record.entered), device=record.device),
            hint=tr("Roll the change back: the database goes to the archive from before it."),
            unharmed=tr("Nothing more was run."),
        )  # fmt: skip
    if record.unknown:
        raise OpsError(
            unknown(record),
            hint=tr("Roll the change back: the database goes to the archive from before it."),
            unharmed=tr("Nothing more was run."),
        )


def unknown(record: RunRecord) -> str:
    """Say of which statement nobody knows whether it took effect."""
    assert record.unknown
    script, number, line = record.unknown
    return tr(
        "It is not known whether statement {number} of {script} (line {line}) took effect: the"
        " program or its connection was cut while it ran.", number=number, script=script, line=line,
    )  # fmt: skip
