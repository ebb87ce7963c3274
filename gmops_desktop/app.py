"""Put the program together: the only module that knows every part.

`assemble` builds the services for the window and the terminal alike; Qt is brought in only by
`open_window`, so that a command starts quickly.
"""

from __future__ import annotations

import getpass
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from db.engine import Database
from db.journal import Journal
from gmops_desktop.adapters import host, mysql, mysql_status, packages, power, web, wechat
from gmops_desktop.adapters.host_keys import ChangedHostKey, UnknownHostKey
from gmops_desktop.adapters.local_server import LocalServers
from gmops_desktop.adapters.locks import held_for
from gmops_desktop.adapters.ssh import NoRelay, Ssh, Tunnel
from gmops_desktop.adapters.ssh.forward import forwarded
from gmops_desktop.adapters.tencent import Tencent
from gmops_desktop.adapters.vault import NoSecret, Vault
from gmops_desktop.addresses import (
    AccountAddress,
    CloudDatabase,
    MysqlAddress,
    SshAddress,
    ssh_of,
)
from gmops_desktop.archive.plain_copies import PlainCopies
from gmops_desktop.archive.sealing import NoIdentity
from gmops_desktop.context import Context, side_by_side
from gmops_desktop.contract.looks import AccountDetails, HostDetails, MysqlDetails
from gmops_desktop.deeds import deeds_of
from gmops_desktop.errors import OpsError
from gmops_desktop.everything import kinds_of_backup, subjects_of_schedules
from gmops_desktop.language import tr
from gmops_desktop.log import start_log
from gmops_desktop.month_facts import Collector
from gmops_desktop.paths import Home
from gmops_desktop.reports.facts import MonthFacts
from gmops_desktop.services.account_settings import AccountBackups
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.cloud_backups import CloudBackups
from gmops_desktop.services.comparisons import Comparisons
from gmops_desktop.services.connections import Connections
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.drills import Drills
from gmops_desktop.services.imports import Imports
from gmops_desktop.services.obligations import Obligations
from gmops_desktop.services.patches import Inventory, Patches, Plan, Update
from gmops_desktop.services.records import Records
from gmops_desktop.services.reports import Reports
from gmops_desktop.services.restores import Restores
from gmops_desktop.services.retention import Retention
from gmops_desktop.services.schedules import Schedules
from gmops_desktop.services.sealing import KEY_FILE, Sealing
from gmops_desktop.services.servers import Servers
from gmops_desktop.services.site_files import SiteFiles
from gmops_desktop.services.ticket_trail import TicketTrail
from gmops_desktop.services.tickets import Tickets
from gmops_desktop.services.timers import Timers, own_command
from gmops_desktop.services.whole_backups import WholeBackups
from gmops_desktop.settings import SettingsFile

if TYPE_CHECKING:
    from gmops_desktop.tasks import TaskRunner
    from ui.main_window import MainWindow, Pages, Remedy
    from ui.program import Program


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the window and the terminal can ask for."""

    home: Home
    settings: SettingsFile
    contracts: Contracts
    tickets: Tickets
    ticket_trail: TicketTrail
    obligations: Obligations
    records: Records
    backups: Backups
    account_backups: AccountBackups
    site_files: SiteFiles
    whole_backups: WholeBackups
    cloud_backups: CloudBackups
    restores: Restores
    drills: Drills
    imports: Imports
    schedules: Schedules
    retention: Retention
    timers: Timers
    comparisons: Comparisons
    sealing: Sealing
    servers: Servers
    connections: Connections
    patches: Patches
    reports: Reports
    save_secret: Callable[[str, str], None]  # a name (`address.secret_name`) and the secret


@contextmanager
def assemble(home: Home, *, secret: Callable[[str], str] | None = None) -> Iterator[Services]:
    """Build every service on the data in `home`; close the store at the end.

    `secret` is asked for every password, by its name, in the thread that works (default: the
    keyring).  Raises `OpsError` where the store or the settings cannot be used.
    """
    settings = SettingsFile(home.settings)
    database = Database(home.store)
    try:
        yield _build(home, settings, database, secret or Vault().get)
    finally:
        database.close()


def _build(
    home: Home, settings: SettingsFile, database: Database, secret: Callable[[str], str]
) -> Services:
    journal = Journal(database, actor=lambda: settings.current.actor or getpass.getuser())
    outside = _Outside(home, secret)

    def archive_folder() -> Path:
        chosen = settings.current.archive_folder
        return Path(chosen) if chosen else home.archives

    def collect(start: date, end: date) -> MonthFacts:
        gather = Collector(contracts, tickets, backups, restores, patches, servers)
        return gather(start, end)

    contracts = Contracts(database, journal)
    tickets = Tickets(database, journal)
    sealing = Sealing(
        settings, Vault(), PlainCopies(home.opened), identity_file=os.environ.get(KEY_FILE, "")
    )
    sealing.sweep()
    backups = Backups(
        database,
        outside.connect,
        archive_folder,
        sealing.seals,
        alone=lambda address: held_for(home.locks, address),
    )
    accounts = AccountBackups(
        database, journal, outside.open_account, archive_folder, sealing.seals
    )
    files = SiteFiles(database, outside.open_ssh, archive_folder, home.locks, sealing.seals)
    restores = Restores(
        database, outside.connect, partial(backups.take, purpose="safety"), sealing.seals
    )
    retention = Retention(database, archive_folder, lambda id: schedules.keep_of(id))
    schedules = Schedules(
        database,
        tickets,
        subjects=lambda: subjects_of_schedules(contracts, backups, files, accounts, lambda: whole),
        verify=backups.verify,
        prune=retention.prune,
        archive_folder=archive_folder,
        locks=home.locks,
        around=power.look,
        hopeless=lambda error: isinstance(error, NoSecret | UnknownHostKey | ChangedHostKey),
    )
    whole = WholeBackups(
        database,
        journal,
        kinds_of_backup(contracts, backups, files, accounts, schedules.rate_limit),
    )
    servers = Servers(
        database,
        look_host=outside.look_host,
        look_mysql=outside.look_mysql,
        look_web=web.look,
        look_account=outside.look_account,
        interval=lambda: float(settings.current.probe_seconds),
        together=side_by_side,
    )
    clouds = CloudBackups(outside.open_tencent, home.cloud, archive_folder)
    connections = Connections(
        known_hosts=home.known_hosts,
        open_ssh=outside.open_ssh,
        open_mysql=outside.connect,
        look_account=outside.look_account,
        count_cloud_backups=lambda cloud, context: len(clouds.all(cloud, context).backups),
    )
    patches = Patches(database, journal, outside.scan_host, outside.simulate_host)
    reports = Reports(database, journal, lambda: home.reports, collect)
    drills = Drills(
        database,
        journal,
        LocalServers(home.local_servers),
        sealing.seals.opened,
        file=reports.keep,
        contract=contracts.current,
        tickets=tickets,
        resources=contracts.resources,
        secrets=Vault(),
        locks=home.locks,
    )
    drills.sweep()
    return Services(
        home=home,
        settings=settings,
        contracts=contracts,
        tickets=tickets,
        ticket_trail=TicketTrail(tickets, deeds_of(contracts, restores, files, journal)),
        obligations=Obligations(database, journal),
        records=Records(database, journal, reports.checks),
        backups=backups,
        account_backups=accounts,
        site_files=files,
        whole_backups=whole,
        cloud_backups=clouds,
        restores=restores,
        drills=drills,
        imports=Imports(
            outside.connect, partial(backups.take, purpose="import"), home.root / "imports.json"
        ),
        schedules=schedules,
        retention=retention,
        timers=Timers(home, own_command()),
        comparisons=Comparisons(outside.connect, sealing.seals.opened),
        sealing=sealing,
        servers=servers,
        connections=connections,
        patches=patches,
        reports=reports,
        save_secret=lambda name, value: Vault().put(name, value),
    )


class _Outside:
    """The ways out of this machine: each opens what it needs, with passwords as they are asked."""

    def __init__(self, home: Home, secret: Callable[[str], str]) -> None:
        self._home, self._secret = home, secret

    def open_ssh(self, address: SshAddress, context: Context) -> Ssh:
        """Return a live connection to a trusted server; the caller closes it."""
        password = None if address.key else self._secret(address.secret_name)
        known = self._home.known_hosts
        return Ssh.open(address, context, password=password, known_hosts=known)

    def connect(self, address: MysqlAddress, context: Context) -> mysql.MysqlConnection:
        """Return a live connection to a schema, through its tunnel if it has one."""
        password = self._secret(address.secret_name)
        if address.ssh is None:
            return mysql.connect(address, context, password=password)
        server = self.open_ssh(address.ssh, context)
        try:
            tunnel = _tunnel(server, address, context)
        except BaseException:
            server.close()
            raise
        return mysql.connect(
            address, context, password=password, tunnel=tunnel, closing=server.close
        )

    def open_tencent(self, cloud: CloudDatabase) -> Tencent:
        """Return Tencent Cloud's API with the keys and the region of an instance."""
        key = self._secret(cloud.secret_name)
        return Tencent(cloud.secret_id, key, region=cloud.region, endpoint=cloud.endpoint)

    def look_host(self, address: SshAddress, context: Context) -> HostDetails:
        with self.open_ssh(address, context) as server:
            return host.look(server, context)

    @contextmanager
    def open_account(self, address: AccountAddress, context: Context) -> Iterator[wechat.WeChat]:
        """Give an account's interfaces, called from its server where it names one."""
        secret = self._secret(address.secret_name)
        with (
            self._way_to(address, context) as port,
            wechat.WeChat(address, secret, context, port=port) as account,
        ):
            yield account

    @contextmanager
    def _way_to(self, address: AccountAddress, context: Context) -> Iterator[int | None]:
        """Give the local port that leads to WeChat through the account's server, if it has one."""
        if address.ssh is None:
            yield None
            return
        host, port = wechat.host_of(address)
        with (
            self.open_ssh(address.ssh, context) as server,
            forwarded(server, host, port, context) as local,
        ):
            yield local

    def look_account(self, address: AccountAddress, context: Context) -> AccountDetails:
        secret = self._secret(address.secret_name)
        with self._way_to(address, context) as port:
            return wechat.look(address, secret, context, port=port)

    def scan_host(self, address: SshAddress, context: Context) -> Inventory:
        with self.open_ssh(address, context) as server:
            return packages.scan(server, context)

    def simulate_host(
        self, address: SshAddress, wanted: Sequence[Update], context: Context
    ) -> Plan:
        with self.open_ssh(address, context) as server:
            return packages.simulate(server, wanted, context)

    def look_mysql(self, address: MysqlAddress, context: Context) -> MysqlDetails:
        with self.connect(address, context) as connection:
            return mysql_status.look(connection)


def _tunnel(server: Ssh, address: MysqlAddress, context: Context) -> Tunnel:
    """Open a tunnel to a database; its answers are compressed there if the line asks for that."""
    if context.line.at_source:
        try:
            relay = server.relay(address.host, address.port, context)
        except NoRelay as error:
            context.note(error.message)
            context.line.at_source = False  # for the job's other connections
        else:
            return relay
    return server.channel(address.host, address.port, context)


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


def build_window(
    services: Services, runner: TaskRunner, program: Program, desk: Desk
) -> MainWindow:
    """Return the window with all its pages, not yet shown."""
    from ui.drill_watch import DrillWatch
    from ui.main_window import MainWindow
    from ui.schedule_watch import ScheduleWatch
    from ui.ticket_watch import TicketWatch

    def build() -> Pages:
        program.speak(services.settings.current)
        return _pages(services, runner, program, desk, lambda: window)

    window = MainWindow(
        build,
        services.settings,
        services.records.verify,
        runner,
        _remedies(services, runner, lambda: window),
    )
    watch = ScheduleWatch(services.schedules, runner, window)
    watch.noticed.connect(window.show_notice)
    window.closed.connect(watch.stop)
    watch.begin()
    drill_watch = DrillWatch(services.drills, runner, window)
    drill_watch.noticed.connect(window.show_notice)
    window.closed.connect(drill_watch.stop)
    drill_watch.begin()
    TicketWatch(services.ticket_trail, runner, window)
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
    from ui.backups_tab import BackupsTab
    from ui.comparison_dialog import comparing
    from ui.drilling import Drilling
    from ui.files_card import FilesCard
    from ui.first_start import FirstStart
    from ui.importing import Importing
    from ui.main_window import Pages, Tab
    from ui.overview_tab import OverviewTab
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
            services.schedules, services.retention, services.timers, runner, page
        ),
        kinds=(
            WholeCard(services.whole_backups, runner),
            FilesCard(services.site_files, contracts, runner),
            AccountCard(services.account_backups, contracts, runner),
        ),
        drilling=lambda page: Drilling(services.drills, services.reports, runner, page),
        importing=lambda page: Importing(services.imports, runner, page),
    )
    tickets = TicketsTab(services.tickets, contracts, runner)
    status = StatusTab(services.servers, contracts, services.settings, runner)
    status.watch()
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
        )
        machine.guide_wanted.connect(lambda: switch(True))
    return Pages(
        (
            Tab(
                "overview",
                tr("Overview"),
                "squares-four",
                OverviewTab(services.obligations, runner),
            ),
            Tab("status", tr("Status", context="rail"), "activity", status),
            Tab("backups", tr("Backup", context="rail"), "archive-box", backups),
            Tab(
                "patches",
                tr("Patches", context="rail"),
                "shield-check",
                PatchesTab(services.patches, contracts, runner),
            ),
            Tab("tickets", tr("Tickets", context="rail"), "ticket", tickets),
            Tab(
                "reports",
                tr("Reports", context="rail"),
                "file-text",
                ReportsTab(services.reports, contracts, runner),
            ),
            Tab("settings", tr("Settings"), "gear-six", settings),
        ),
        new_ticket=tickets.new_ticket,
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
