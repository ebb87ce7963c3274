"""The window: the only module that knows every part of it.

Qt is brought in only by `open_window`, so that a command starts quickly.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING

from gmops_desktop.adapters.host_keys import ChangedHostKey, UnknownHostKey
from gmops_desktop.adapters.vault import NoSecret
from gmops_desktop.addresses import ssh_of
from gmops_desktop.archive.sealing import NoIdentity
from gmops_desktop.assembly import Services, assemble
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.log import start_log
from gmops_desktop.paths import Home
from gmops_desktop.settings import SettingsFile

if TYPE_CHECKING:
    from gmops_desktop.tasks import TaskRunner
    from ui.main_window import MainWindow, Pages, Remedy
    from ui.program import Program


# ---------------------------------------------------------------- the window


def open_program() -> int:
    """Open the window on the user's data folder; return the exit code."""
    home = Home.find()
    start_log(home.logs)
    return open_window(home)


def open_window(home: Home, *, self_test: bool = False) -> int:
    """Show the window until it is closed; return the exit code.

    With `self_test` it visits every page, closes by itself, and returns 1 where anything went
    wrong on the way.
    """
    # Late: a command must not wait for Qt.
    from gmops_desktop.tasks import TaskRunner
    from ui.program import Program

    program = Program(SettingsFile(home.settings).current)
    desk = Desk()
    try:
        with assemble(home) as services:
            runner = TaskRunner(program.application)
            desk.guide = not services.contracts.resources()
            window = build_window(services, runner, program, desk)
            code = program.run(window, runner, home.root, self_test=self_test)
            services.drills.copies.drop_passing()
    except OpsError as error:
        if self_test:
            raise
        program.refuse(error)
        return 1
    if desk.next_environment:
        command = [sys.executable, "-m", "gmops_desktop"]
        subprocess.Popen(command, env={**os.environ, **desk.next_environment})
    return code


@dataclass(slots=True)
class Desk:
    """What outlives one set of pages."""

    guide: bool = False  # whether the first steps stand in place of the settings
    next_environment: Mapping[str, str] = field(default_factory=dict)  # of the program that follows
    look: Callable[..., object] | None = None  # does a round; default: in a process of its own


def build_window(
    services: Services, runner: TaskRunner, program: Program, desk: Desk
) -> MainWindow:
    """Return the window with all its pages, not yet shown."""
    from ui.drill_watch import DrillWatch
    from ui.expiring import ExpiryWatch
    from ui.main_window import MainWindow
    from ui.message_watch import MessageWatch
    from ui.schedule_watch import ScheduleWatch
    from ui.ticket_watch import TicketWatch
    from ui.tray import Tray

    def build() -> Pages:
        program.speak(services.settings.current)
        return _pages(services, runner, program, desk, lambda: window)

    with program.appearance.undressed():
        window = MainWindow(
            build,
            services.settings,
            services.records.verify,
            runner,
            _remedies(services, runner, lambda: window),
            on_duty=lambda: duty.person.name if (duty := services.roster.on_duty()) else "",
        )
    watch = ScheduleWatch(services.schedules, runner, window)
    watch.noticed.connect(window.show_notice)
    window.closed.connect(watch.stop)
    watch.begin()
    drill_watch = DrillWatch(services.drills, runner, window)
    drill_watch.noticed.connect(window.show_notice)
    window.closed.connect(drill_watch.stop)
    drill_watch.begin()
    ticket_watch = TicketWatch(services.ticket_trail, services.alerts, runner, window)
    ticket_watch.noticed.connect(window.show_notice)
    tray = Tray(services.alerts, services.settings, window)
    ticket_watch.followed.connect(tray.follow)
    expiry_watch = ExpiryWatch(services.domains, services.expiry_reminders, runner, window)
    expiry_watch.noticed.connect(window.show_notice)
    window.closed.connect(expiry_watch.stop)
    expiry_watch.begin()
    message_watch = MessageWatch(services.messages, services.notices, runner, window)
    message_watch.noticed.connect(window.show_notice)
    window.closed.connect(message_watch.stop)
    message_watch.begin()
    return window


def _remedies(
    services: Services, runner: TaskRunner, window: Callable[[], MainWindow]
) -> Callable[[Exception], Sequence[Remedy]]:
    """Return what knows the step that helps after a failure."""
    from ui.dialogs.questions import PasswordQuestion
    from ui.main_window import Remedy
    from ui.settings_tab import IMPORT_KEY

    def ask(name: str) -> None:
        def keep(secret: str) -> None:
            title = tr("Keep the password of {name}", name=name)
            # The keyring may ask the user to unlock it: not in the GUI thread.
            runner.start(lambda context: services.save_secret(name, secret), title, lane="keyring")

        PasswordQuestion(window(), name, keep).open()

    def remedies(error: Exception) -> Sequence[Remedy]:
        if isinstance(error, NoSecret):
            tip = tr("It goes into the system's keyring; then try again")
            return [Remedy(tr("Enter the password…"), tip, partial(ask, error.secret))]
        if isinstance(error, NoIdentity):
            tip = tr("Type the secret key of a recovery sheet, to open backups sealed to it")
            return [Remedy(tr("Import a key…"), tip, partial(window().go, "settings", IMPORT_KEY))]
        if isinstance(error, UnknownHostKey | ChangedHostKey):
            for resource in services.contracts.resources():
                server = ssh_of(resource)
                if server is not None and server.host == error.key.host:
                    tip = tr("Test the connection, and compare the fingerprint")
                    go = partial(window().go, "settings", resource.id)
                    return [Remedy(tr("Check the host key…"), tip, go)]
        return []

    return remedies


def _pages(
    services: Services,
    runner: TaskRunner,
    program: Program,
    desk: Desk,
    window: Callable[[], MainWindow],
) -> Pages:

    from ui.account_card import AccountCard
    from ui.attachments import AttachmentStrip
    from ui.backups_tab import BackupsTab
    from ui.comparison_dialog import comparing
    from ui.drilling import Drilling
    from ui.expiring import Expiring
    from ui.files_card import FilesCard
    from ui.first_start import FirstStart
    from ui.importing import Importing
    from ui.ledger_dialog import open_requirements
    from ui.main_window import Pages, Tab
    from ui.overview_tab import OverviewTab
    from ui.papers import KIND_OF_PAPER, Papers
    from ui.patch_adding import PatchAdding
    from ui.patches_tab import PatchesTab
    from ui.reports_tab import ReportsTab
    from ui.scheduling import Scheduling
    from ui.settings_tab import SettingsTab
    from ui.status_tab import StatusTab
    from ui.tickets_tab import TicketsTab
    from ui.whole_card import WholeCard
    from ui.widgets.page import Page

    def switch(guide: bool) -> None:
        desk.guide = guide
        window().rebuild_soon()

    def restart(environment: Mapping[str, str]) -> None:
        desk.next_environment = environment
        window().close()

    contracts = services.contracts

    backups = BackupsTab(
        services.backups,
        services.restores,
        contracts,
        services.cloud_backups,
        runner,
        compare=comparing(services.comparisons, contracts, runner),
        scheduling=lambda page: Scheduling(
            services.schedules,
            services.retention,
            services.timers,
            services.collecting,
            runner,
            page,
        ),
        kinds=(
            WholeCard(services.whole_backups, runner),
            FilesCard(services.site_files, contracts, runner),
            AccountCard(services.account_backups, contracts, runner),
        ),
        drilling=lambda page: Drilling(services.drills, services.reports, runner, page),
        importing=lambda page: Importing(services.imports, runner, page),
    )
    tickets = TicketsTab(
        services.tickets,
        contracts,
        runner,
        services.finding,
        imports=services.ticket_imports,
        due=services.due_dates,
        settings=services.settings,
    )

    def make_strip() -> AttachmentStrip:
        return AttachmentStrip(services.attachments, runner)

    tickets.place_attachments(make_strip)
    papers = Papers(contracts, services.ledgers, services.reports, runner, services.report_texts)
    tickets.verbs.print_receipt = papers.print_hand_over
    tickets.verbs.print_paper = papers.print_ticket
    overview = OverviewTab(
        services.obligations,
        contracts,
        services.ledgers,
        lambda: open_requirements(services.tickets.of_contract()),
        runner,
        papers,
        lambda identity: services.settings.change(contract=identity),
    )
    overview.place_attachments(make_strip)
    expiring = Expiring(
        contracts, services.domains, services.expiry_reminders, runner, parent=overview
    )
    expiring.wanted.connect(overview.wanted)
    expiring.noticed.connect(overview.noticed)
    overview.place_expiring(expiring.open)
    status = StatusTab(
        services.servers,
        contracts,
        services.settings,
        runner,
        services.alerts,
        services.events,
        services.limits,
        services.home.known_hosts,
        services.account_quotas,
        services.consoles,
        look=desk.look or services.looking.look,
    )
    status.watch()
    patches = PatchesTab(
        services.patches,
        contracts,
        runner,
        lambda ticket: services.tickets.get(ticket).number,
        services.waves,
    )
    patches.detail.verbs.print_paper = lambda paper, change: papers.print_change(
        paper, services.patches, change
    )
    patches.detail.verbs.write_paper = lambda paper, change: papers.write(
        KIND_OF_PAPER[paper], change, patches.window()
    )
    PatchAdding(
        services.releases, services.configurations, services.leftovers, contracts, runner, patches
    )
    patches.detail.watch()
    reports = ReportsTab(
        services.reports,
        contracts,
        runner,
        services.signing,
        services.report_texts,
        services.report_copies,
        services.month_end,
        services.evidence_files.save,
    )
    reports.write_paper = lambda kind, of: papers.write(kind, of, reports.window())
    settings: Page
    if desk.guide:
        settings = guide = FirstStart(
            contracts,
            services.backups,
            services.connections,
            services.save_secret,
            runner,
            start_sandbox=start_sandbox,
            restart=restart,
            no_sandbox=_no_sandbox(),
        )
        guide.finished.connect(lambda: switch(False))
    else:
        settings = machine = SettingsTab(
            contracts,
            services.connections,
            services.save_secret,
            services.settings,
            services.home,
            runner,
            program.appearance.choose,
            services.sealing,
            services.messages,
            services.roster,
            services.calendars,
            papers,
            services.signing,
        )
        machine.guide_wanted.connect(lambda: switch(True))
    return Pages(
        (
            Tab("overview", tr("Overview"), "squares-four", overview),
            Tab("status", tr("Status", context="rail"), "activity", status),
            Tab("backups", tr("Backup", context="rail"), "archive-box", backups),
            Tab(
                "patches",
                tr("Patches", context="rail"),
                "shield-check",
                patches,
            ),
            Tab("tickets", tr("Tickets", context="rail"), "ticket", tickets),
            Tab(
                "reports",
                tr("Reports", context="rail"),
                "file-text",
                reports,
            ),
            Tab("settings", tr("Settings"), "gear-six", settings),
        ),
        new_ticket=tickets.new_ticket,
        note=tickets.quick_note,
        back_up=backups.take,
        start="settings" if desk.guide else "overview",
    )


# ---------------------------------------------------------------- the sandbox


def start_sandbox(context: Context) -> dict[str, str]:
    """Start the sandbox; return the environment of a program that is to work in it."""
    context.progress(None, tr("starting servers, database and website"))
    command = [sys.executable, "-m", "gmops_desktop", "sandbox", "start", "--json"]
    pipe = subprocess.PIPE
    with (
        subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process,
        context.on_cancel(process.terminate),
    ):
        answer, complaint = process.communicate()
    context.check()
    if process.returncode:
        context.note(complaint)
        raise OpsError(
            tr("The sandbox did not start: {why}", why=complaint.strip() or process.returncode),
            hint=tr("Try `gmops sandbox start` in a terminal, or `gmops sandbox reset` first."),
            unharmed=tr("The data of this program is not touched by it."),
        )
    environment: dict[str, str] = json.loads(answer)["environment"]
    return environment


def _no_sandbox() -> str:
    """Return why there is no sandbox here, or nothing where there is one."""
    if find_spec("sandbox") is None or getattr(sys, "frozen", False):
        return tr("The sandbox comes with the sources, not with this packaged program.")
    if os.name == "nt":
        return tr("The sandbox starts servers of Linux and does not run on Windows.")
    return ""
