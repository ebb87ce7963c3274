"""First steps: contract, resources, connections, first backup; or the sandbox, just to look."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPaintEvent
from PySide6.QtWidgets import QFrame, QPushButton, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from gmops_desktop.addresses import Resource
from gmops_desktop.changes import Change
from gmops_desktop.language import tr, tr_n
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.connections import Connections
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.states import STATES
from gmops_desktop.tasks import Job, TaskRunner
from ui.connection_checks import ConnectionChecks
from ui.contract_card import ContractCard
from ui.resources_card import ResourcesCard, SaveSecret
from ui.theme import GAP, font
from ui.widgets.badges import StateBadge
from ui.widgets.frames import (
    Card,
    Label,
    button,
    clear,
    column,
    disable,
    line,
    paragraph,
    row,
)
from ui.widgets.page import Page
from ui.widgets.painting import CENTRE, LEFT, begin, paint_state, words


class FirstStart(Page):
    """A guide that can be left at any time; it shows what is already done.

    `start_sandbox` is a job that returns the environment of a program on the sandbox, which
    `restart` starts in place of this one; where there is no sandbox, `no_sandbox` says why.
    """

    shows = Change.CONTRACT | Change.BACKUPS

    finished = Signal()

    def __init__(
        self,
        contracts: Contracts,
        backups: Backups,
        connections: Connections,
        save_secret: SaveSecret,
        runner: TaskRunner,
        *,
        start_sandbox: Job,
        restart: Callable[[Mapping[str, str]], object],
        no_sandbox: str,
    ) -> None:
        super().__init__(
            tr("First steps"), tr("about 10 minutes; leave at any time and go on later")
        )
        self._contracts, self._backups, self._runner = contracts, backups, runner
        self._start_sandbox, self._restart = start_sandbox, restart

        self.steps = [
            _Step(1, tr("Contract")),
            _Step(2, tr("Resources")),
            _Step(3, tr("Test the connections")),
            _Step(4, tr("First backup")),
        ]
        self.contract = ContractCard(contracts, runner)
        self.resources = ResourcesCard(contracts, save_secret, runner)
        self.checks = ConnectionChecks(connections, runner)
        self.tests = _Tests(self.checks, self.resources)
        self._stack = QStackedWidget()
        pages = (
            self._page(
                tr("Contract"),
                tr(
                    "Periods, service items and contacts come from the contract: it says what is "
                    "owed, and who may ask for it. Begin with the example and change it."
                ),
                _bare(self.contract),
            ),
            self._page(
                tr("Resources"),
                tr(
                    "The servers, databases, websites and accounts to look after. Passwords go to "
                    "the system's keyring."
                ),
                _bare(self.resources),
            ),
            self._page(
                tr("Test the connections"),
                tr(
                    "Each check by itself, to show where it is stuck. You can go on without "
                    "passing; the state is then shown as unknown."
                ),
                self.tests,
            ),
            self._page(
                tr("First backup"),
                tr(
                    "A consistent snapshot while the website runs. Nothing on the server changes. "
                    "It is verified right after, and can be looked into and restored from then on."
                ),
                self._backup_page(),
            ),
        )
        for page in pages:
            self._stack.addWidget(page)

        self._note = Label("", "caption")
        self.back = button(tr("Back"), self._go_back, tip=tr("Back to the step before"))
        self.skip = button(
            tr("Skip, set up later"), self.finished.emit, tip=tr("Leave the first steps")
        )
        self.next = button(tr("Next"), self._go_on, kind="primary", tip=tr("Go to the next step"))
        foot = row(None, self._note, self.back, self.skip, self.next)
        foot.setStretch(0, 1)

        left = Card()
        left.setFixedWidth(304)
        for place, step in enumerate(self.steps):
            step.clicked.connect(partial(self.go, place))
            left.add_table(step, 0)
        left.add_stretch()
        left.add(self._sandbox_offer(no_sandbox))
        right = Card()
        right.add(self._stack, 1)
        right.add(line())
        right.add(foot)
        self.body.addLayout(row(None, left, right, spacing=GAP), 1)

        self.resources.test_wanted.connect(self._test)
        self.checks.tested.connect(self._tested)
        self.go(0)

    @property
    def step(self) -> int:
        """The step in sight, from 0."""
        return self._stack.currentIndex()

    def go(self, place: int) -> None:
        """Show a step."""
        self._stack.setCurrentIndex(place)
        for at, step in enumerate(self.steps):
            step.show_current(at == place)
        self.back.setEnabled(place > 0)
        last = place == len(self.steps) - 1
        self.next.setText(tr("Finish") if last else tr("Next"))
        self._judge()

    def refresh(self) -> None:
        self.contract.refresh()
        self.resources.refresh()
        self.tests.show_resources(self._contracts.resources())
        self._judge()

    def show_item(self, identity: str) -> None:
        resource = next((one for one in self._contracts.resources() if one.id == identity), None)
        if resource is not None:
            self._test(resource)
        else:
            self.go({"contract": 0, "resources": 1}.get(identity, 0))

    def _judge(self) -> None:
        contract, resources = self._contracts.current(), self._contracts.resources()
        passed = sum(self.resources.tested.get(one.id) == "ok" for one in resources)
        backups = [one for one in self._backups.all() if one.purpose == "backup"]
        items = len(contract.items) if contract else 0
        self.steps[0].show_done(
            contract is not None,
            tr_n("{count} service item read in", "{count} service items read in", items)
            if contract
            else tr("periods, items and contacts"),
        )
        names = tr(", ", context="list").join(one.name for one in resources)
        self.steps[1].show_done(bool(resources), names or tr("servers, databases, websites"))
        self.steps[2].show_done(
            bool(resources) and passed == len(resources),
            tr("step by step; a failure says what to do"),
        )
        self.steps[3].show_done(bool(backups), tr("consistent, verified, restorable"))
        self._note.show_text(
            tr("{passed} of {count} resources passed", passed=passed, count=len(resources))
            if self.step == 2
            else ""
        )
        has_database = any(one.kind == "mysql" for one in resources)
        reason = "" if has_database else tr("Add a database to the resources first.")
        disable(self.take, reason, tr("Go to the backups and take the first one"))

    def _go_on(self) -> None:
        if self.step + 1 < len(self.steps):
            self.go(self.step + 1)
        else:
            self.finished.emit()

    def _go_back(self) -> None:
        self.go(max(0, self.step - 1))

    def _test(self, resource: Resource) -> None:
        self.go(2)
        self.tests.test(resource)

    def _tested(self, identity: str, state: str) -> None:
        self.resources.show_tested(identity, next(one for one in STATES if one == state))
        self.tests.show_resources(self._contracts.resources())
        self._judge()

    def _page(self, title: str, text: str, content: QWidget) -> QWidget:
        made = QWidget()
        column(made, Label(title, "title"), paragraph(text, "caption"), 4, content).setStretch(3, 1)
        return made

    def _backup_page(self) -> QWidget:
        made = QWidget()
        self.take = button(
            tr("Take the first backup"),
            lambda: self.wanted.emit("backups", "+"),
            kind="primary",
            icon_name="archive-box",
            scale="large",
            tip=tr("Go to the backups and take the first one"),
        )
        column(made, row(None, self.take, None), None)
        return made

    def _sandbox_offer(self, no_sandbox: str) -> QVBoxLayout:
        self.sandbox = button(
            tr("Open the sandbox"),
            self._open_sandbox,
            icon_name="flask",
            tip=tr("Start the demonstration servers and open the program on them"),
        )
        disable(self.sandbox, no_sandbox, self.sandbox.toolTip())
        text = tr(
            "The sandbox is a set of servers, a database and a website for trying things out. It "
            "has nothing to do with real resources."
        )
        return column(
            None,
            line(),
            Label(tr("Just looking?"), "strong"),
            paragraph(no_sandbox or text, "caption"),
            row(None, self.sandbox, None),
        )

    def _open_sandbox(self) -> None:
        disable(self.sandbox, tr("The sandbox is being started."))
        task = self._runner.start(self._start_sandbox, tr("Start the sandbox"), lane="sandbox")
        task.succeeded.connect(self._sandbox_started)
        task.finished.connect(lambda: disable(self.sandbox, ""))

    @Slot(object)
    def _sandbox_started(self, environment: Mapping[str, str]) -> None:
        self._restart(environment)


class _Step(QPushButton):
    """One step at the left: a number or a tick, its title, and what it holds."""

    def __init__(self, number: int, title: str) -> None:
        super().__init__()
        self._number, self._title = number, title
        self._text, self._done, self._current = "", False, False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)
        self.setToolTip(title)

    def show_done(self, done: bool, text: str) -> None:
        """Say whether the step is done, and what it holds."""
        self._done, self._text = done, text
        self.setAccessibleDescription(f"{text}, {tr('done')}" if done else text)
        self.update()

    def show_current(self, current: bool) -> None:
        """Tint the step in sight."""
        self._current = current
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(272, 58)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter, t = begin(self)
        box = QRectF(self.rect()).adjusted(4, 1, -4, -1)
        if self._current or self.underMouse():
            painter.setBrush(QColor(t.accent_soft if self._current else t.hover))
            painter.drawRoundedRect(box, 4, 4)
        if self.hasFocus():
            painter.setPen(QColor(t.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        disc = QRectF(box.left() + 14, box.center().y() - 12, 24, 24)
        if self._done:
            paint_state(painter, disc.adjusted(1, 1, -1, -1), "ok", t)
        else:
            painter.setPen(QColor(t.accent if self._current else t.control))
            painter.setBrush(QColor(t.accent if self._current else t.surface))
            painter.drawEllipse(disc.adjusted(0.5, 0.5, -0.5, -0.5))
            painter.setFont(font("caption", 500))
            ink = t.on_accent if self._current else t.text2
            words(painter, disc, str(self._number), ink, CENTRE)
        left = box.left() + 52
        width = box.right() - left - 8
        painter.setFont(font("body", 500))
        words(painter, QRectF(left, box.top() + 8, width, 20), self._title, t.text, LEFT)
        painter.setFont(font("caption"))
        mode = Qt.TextElideMode.ElideRight
        text = painter.fontMetrics().elidedText(self._text, mode, int(width))
        words(painter, QRectF(left, box.top() + 28, width, 18), text, t.text2, LEFT)


class _Tests(QWidget):
    """The resources as buttons with their result, and the checks of the one tested last."""

    def __init__(self, checks: ConnectionChecks, card: ResourcesCard) -> None:
        super().__init__()
        self._checks, self._card = checks, card
        self._row = row(spacing=8)
        column(self, self._row, line(), 4, checks).setStretch(3, 1)

    def show_resources(self, resources: Sequence[Resource]) -> None:
        """Show a button per resource."""
        clear(self._row)
        for resource in resources:
            state = self._card.tested.get(resource.id)
            made = button(
                resource.name,
                partial(self.test, resource),
                tip=tr("Test the connection to {name}", name=resource.name),
            )
            self._row.addWidget(made)
            self._row.addWidget(StateBadge(state or "unknown", self._card.word(resource), False))
            self._row.addSpacing(8)
        self._row.addStretch(1)
        if not resources:
            self._checks.say(tr("Add resources first."))

    def test(self, resource: Resource) -> None:
        """Test one resource."""
        self._checks.test(resource)


def _bare(card: QFrame) -> QFrame:
    """Take the border off a card that stands inside another one."""
    card.setProperty("kind", "plain")
    return card
