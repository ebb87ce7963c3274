"""Puts the services together, for the window and the terminal alike.

Each is made, and its libraries are loaded, when it is asked for the first time: most commands need
two or three, and all of them take as long as a small backup.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from db.engine import Database
from db.journal import Journal, utc_now
from gmops_desktop.adapters.vault import Vault
from gmops_desktop.archive.plain_copies import PlainCopies
from gmops_desktop.context import as_they_end
from gmops_desktop.outside import Outside
from gmops_desktop.paths import Home
from gmops_desktop.services.sealing import KEY_FILE, Sealing
from gmops_desktop.settings import SettingsFile

if TYPE_CHECKING:
    from gmops_desktop.addresses import AccountAddress
    from gmops_desktop.context import Context
    from gmops_desktop.contract.looks import AccountDetails
    from gmops_desktop.contract.terms import Contract
    from gmops_desktop.gathering.compilation import Shelves
    from gmops_desktop.gathering.evidence_files import EvidenceFiles
    from gmops_desktop.gathering.periods import Books
    from gmops_desktop.gathering.spans import SpanBooks
    from gmops_desktop.reports.account_facts import AccountFacts
    from gmops_desktop.reports.evidence_facts import CompilationFacts
    from gmops_desktop.reports.facts import MonthFacts
    from gmops_desktop.reports.paper_facts import TicketFacts
    from gmops_desktop.reports.period_facts import BackupFacts, FeeFacts, InspectionFacts
    from gmops_desktop.reports.span_facts import SpanFacts
    from gmops_desktop.services.account_quotas import AccountQuotas
    from gmops_desktop.services.account_settings import AccountBackups
    from gmops_desktop.services.alerts import Alerts
    from gmops_desktop.services.attachments import Attachments
    from gmops_desktop.services.backups import Backups
    from gmops_desktop.services.calendars import Calendars
    from gmops_desktop.services.cloud_backups import CloudBackups
    from gmops_desktop.services.cloud_metrics import CloudMetrics
    from gmops_desktop.services.comparisons import Comparisons
    from gmops_desktop.services.connections import Connections
    from gmops_desktop.services.contracts import Contracts
    from gmops_desktop.services.domains import Domains
    from gmops_desktop.services.drills import Drills
    from gmops_desktop.services.due_dates import DueDates
    from gmops_desktop.services.events import Events
    from gmops_desktop.services.expiry_reminders import ExpiryReminders
    from gmops_desktop.services.finding import Finding
    from gmops_desktop.services.imports import Imports
    from gmops_desktop.services.ledgers import Ledgers
    from gmops_desktop.services.limits import Limits
    from gmops_desktop.services.looking import Looking, Rounds
    from gmops_desktop.services.messages import Messages, Notices
    from gmops_desktop.services.obligations import Obligations
    from gmops_desktop.services.patches import Patches
    from gmops_desktop.services.patches.checking import Checking
    from gmops_desktop.services.patches.configurations import Configurations
    from gmops_desktop.services.patches.disks import DiskHands
    from gmops_desktop.services.patches.leftovers import Leftovers
    from gmops_desktop.services.patches.releases import Releases
    from gmops_desktop.services.patches.second_way import SecondWay
    from gmops_desktop.services.patches.waves import Waves
    from gmops_desktop.services.records import Records
    from gmops_desktop.services.reports import Asked, Kind, Reports
    from gmops_desktop.services.reports.copies import Copies
    from gmops_desktop.services.reports.month_end import MonthEnd
    from gmops_desktop.services.reports.signing import Signing
    from gmops_desktop.services.reports.texts import Texts
    from gmops_desktop.services.restores import Restores
    from gmops_desktop.services.retention import Retention
    from gmops_desktop.services.roster import Roster
    from gmops_desktop.services.schedules import Schedules, Subject
    from gmops_desktop.services.servers import Servers
    from gmops_desktop.services.site_files import SiteFiles
    from gmops_desktop.services.ticket_imports import TicketImports
    from gmops_desktop.services.ticket_trail import TicketTrail
    from gmops_desktop.services.tickets import Tickets
    from gmops_desktop.services.timers import Timers
    from gmops_desktop.services.troubles import Troubles
    from gmops_desktop.services.whole_backups import WholeBackups


@contextmanager
def assemble(home: Home, *, secret: Callable[[str], str] | None = None) -> Iterator[Services]:
    """Give the services on the data in `home`; close the store at the end.

    `secret` is asked for every password, by its name, in the thread that works (default: the
    keyring).  Raises `OpsError` where the store or the settings cannot be used.
    """
    settings = SettingsFile(home.settings)
    database = Database(home.store)
    try:
        services = Services(home, settings, database, secret or Vault().get)
        services.catch_up()
        services.sealing.sweep()
        try:
            yield services
        finally:
            services.hang_up()
    finally:
        database.close()


class Services:
    """Everything the window and the terminal can ask for."""

    def __init__(
        self,
        home: Home,
        settings: SettingsFile,
        database: Database,
        secret: Callable[[str], str],
    ) -> None:
        self.home = home
        self.settings = settings
        self._database = database
        self._journal = Journal(database, actor=self._actor)
        self._secret = secret
        self._outside = Outside(home, secret)

    def catch_up(self) -> None:
        """Gather from the journal what an older program did not."""
        self._journal.catch_up()

    def save_secret(self, name: str, secret: str) -> None:
        """Keep a secret in the keyring under a name (`address.secret_name`)."""
        Vault().put(name, secret)
        self._outside.forget()
        if "looking" in vars(self):
            self.looking.forget()

    def hang_up(self) -> None:
        """Close the connections that are kept between looks, and end the process of looks."""
        self._outside.close()
        if "looking" in vars(self):
            self.looking.close()

    def _archives(self) -> Path:
        chosen = self.settings.current.archive_folder
        return Path(chosen) if chosen else self.home.archives

    # ------------------------------------------------------------ the record

    @cached_property
    def contracts(self) -> Contracts:
        from gmops_desktop.services.contracts import Contracts

        return Contracts(self._database, self._journal, shown=self._shown)

    def _shown(self) -> str:
        return self.settings.current.contract

    @cached_property
    def roster(self) -> Roster:
        from gmops_desktop.services.roster import Roster

        return Roster(self._database, self._journal, shown=self._shown)

    @cached_property
    def calendars(self) -> Calendars:
        from gmops_desktop.services.calendars import Calendars

        return Calendars(self._database, self._journal)

    @cached_property
    def ledgers(self) -> Ledgers:
        from gmops_desktop.services.ledgers import Ledgers

        return Ledgers(self._database, self._journal, self.tickets, shown=self._shown)

    @cached_property
    def tickets(self) -> Tickets:
        from gmops_desktop.services.tickets import Tickets

        return Tickets(self._database, self._journal, shown=self._shown)

    @cached_property
    def troubles(self) -> Troubles:
        from gmops_desktop.services.troubles import Troubles

        return Troubles(self._database, self._journal, self.tickets)

    @cached_property
    def attachments(self) -> Attachments:
        from gmops_desktop.services.attachments import MEGABYTE, Attachments

        attachments = Attachments(
            self._database,
            self._journal,
            self.home.attachments,
            limit=lambda: self.settings.current.attachment_megabytes * MEGABYTE,
        )
        attachments.sweep()
        return attachments

    @cached_property
    def messages(self) -> Messages:
        from gmops_desktop.services.messages import Messages

        return Messages(self._database, self._journal, self.settings, Vault(), self.home.locks)

    @cached_property
    def notices(self) -> Notices:
        from gmops_desktop.services.messages import Notices

        return Notices(
            self.messages,
            self._journal,
            self.tickets,
            names=lambda: {one.id: one.name for one in self.contracts.resources()},
        )

    @cached_property
    def alerts(self) -> Alerts:
        from gmops_desktop.services.alerts import Alerts

        return Alerts(
            self._database,
            self.troubles,
            self.contracts.resources,
            wanted=lambda: self.settings.current.alert_tickets,
        )

    @cached_property
    def limits(self) -> Limits:
        from gmops_desktop.services.limits import Limits

        return Limits(self._database, self._journal)

    @cached_property
    def events(self) -> Events:
        from gmops_desktop.services.events import Events

        return Events(
            self._database,
            self._journal,
            lambda: {one.id: one.name for one in self.contracts.resources()},
        )

    @cached_property
    def finding(self) -> Finding:
        from gmops_desktop.services.finding import Finding

        return Finding(self._database, shown=self._shown)

    @cached_property
    def ticket_imports(self) -> TicketImports:
        from gmops_desktop.services.ticket_imports import TicketImports

        return TicketImports(self._database, self._journal, shown=self._shown)

    @cached_property
    def due_dates(self) -> DueDates:
        from gmops_desktop.services.due_dates import DueDates

        return DueDates(self._database, self.obligations.board)

    @cached_property
    def ticket_trail(self) -> TicketTrail:
        from gmops_desktop.deeds import deeds_of
        from gmops_desktop.services.ticket_trail import TicketTrail

        deeds = deeds_of(self.contracts, self.restores, self.site_files, self._journal)
        return TicketTrail(self.tickets, deeds)

    @cached_property
    def obligations(self) -> Obligations:
        from gmops_desktop.services.key_ages import KeyAges
        from gmops_desktop.services.obligations import Obligations

        keys = KeyAges(self._journal, self.contracts.resources, self.sealing.recipient_days)
        return Obligations(self._database, self._journal, shown=self._shown, keys=keys.all)

    @cached_property
    def domains(self) -> Domains:
        from gmops_desktop.services.domains import Domains

        return Domains(
            self._database,
            self._outside.ask_registry,
            wanted=lambda: self.settings.current.ask_registries,
        )

    @cached_property
    def expiry_reminders(self) -> ExpiryReminders:
        from gmops_desktop.services.expiry_reminders import ExpiryReminders

        return ExpiryReminders(
            self.obligations.board,
            self.troubles,
            wanted=lambda: self.settings.current.alert_tickets,
        )

    @cached_property
    def records(self) -> Records:
        from gmops_desktop.services.records import Records

        return Records(self._database, self._journal, self.reports.checks, self.attachments.checks)

    @cached_property
    def reports(self) -> Reports:
        from gmops_desktop.services.reports import Reports

        return Reports(
            self._database, self._journal, lambda: self.home.reports, self._month, self._papers(),
            self.report_texts,
        )  # fmt: skip

    @cached_property
    def report_texts(self) -> Texts:
        from gmops_desktop.gathering.texts import TextKeys
        from gmops_desktop.services.reports.texts import Texts

        find = TextKeys(self.contracts, self.tickets)
        return Texts(self._database, self._journal, find)

    @cached_property
    def month_end(self) -> MonthEnd:
        from gmops_desktop.gathering.month_end import MonthOwes
        from gmops_desktop.services.reports.month_end import MonthEnd

        owes = MonthOwes(self.contracts, self.tickets, self.reports, utc_now)
        return MonthEnd(self.reports, owes)

    @cached_property
    def report_copies(self) -> Copies:
        from gmops_desktop.services.reports.copies import Copies

        return Copies(self._database, self._journal, self.reports)

    def _papers(self) -> dict[Kind, Asked]:
        """Return who gathers the facts of each kind of document, beside the month's."""

        def of_ticket(number: str) -> Callable[[], TicketFacts]:
            from gmops_desktop.gathering.tickets import TicketPapers

            gather = TicketPapers(self.contracts, self.tickets, self.ledgers, self._actor)
            return gather(number)

        def backups(period: str) -> Callable[[], BackupFacts]:
            from gmops_desktop.gathering.periods import backups_of

            return backups_of(self._books(), period)

        def inspection(period: str) -> Callable[[], InspectionFacts]:
            from gmops_desktop.gathering.periods import inspection_of

            return inspection_of(self._books(), period)

        def fees(number: str) -> Callable[[], FeeFacts]:
            from gmops_desktop.gathering.periods import fees_of

            return fees_of(self._books(), number)

        def account(period: str) -> Callable[[], AccountFacts]:
            from gmops_desktop.gathering.accounts import accounts_of

            return accounts_of(self._books(), self.obligations.expiry, period)

        def compilation(period: str) -> Callable[[], CompilationFacts]:
            from gmops_desktop.gathering.compilation import compilation_of

            return compilation_of(self._shelves(), period)

        def quarter(period: str) -> Callable[[], SpanFacts]:
            from gmops_desktop.gathering.spans import quarter_facts

            return quarter_facts(self._span_books(), period)

        def annual(period: str) -> Callable[[], SpanFacts]:
            from gmops_desktop.gathering.spans import year_facts

            return year_facts(self._span_books(), period)

        return {
            "quarter": quarter,
            "annual": annual,
            "inspection": inspection,
            "backups": backups,
            "fault": of_ticket,
            "evaluation": of_ticket,
            "visit": of_ticket,
            "fees": fees,
            "compilation": compilation,
            "account": account,
        }

    def _books(self) -> Books:
        from gmops_desktop.gathering.periods import Books

        return Books(
            self.contracts,
            self.backups,
            self.site_files,
            self.account_backups,
            self.drills,
            self.restores,
            self.servers,
            self.alerts,
            self.limits,
            self._actor,
        )

    @cached_property
    def evidence_files(self) -> EvidenceFiles:
        """The files and entries that a compilation of evidence lists."""
        from gmops_desktop.gathering.evidence_files import EvidenceFiles

        def whole() -> bool:
            contract = self.contracts.current()
            return contract is None or self.contracts.scope(contract).whole

        return EvidenceFiles(self._database, self.reports, self.attachments, whole)

    def _shelves(self) -> Shelves:
        from gmops_desktop.gathering.compilation import Shelves

        return Shelves(
            self.contracts,
            self.obligations,
            self.attachments,
            self.reports,
            self.backups,
            self.site_files,
            self.account_backups,
            self._actor,
        )

    def _span_books(self) -> SpanBooks:
        from gmops_desktop.gathering.spans import SpanBooks

        return SpanBooks(
            self._books(),
            self._month,
            self.patches,
            self.ledgers,
            self.obligations,
            self.reports.all,
            self.tickets.limits.own,
        )

    def _actor(self) -> str:
        return self.settings.current.actor or getpass.getuser()

    @cached_property
    def signing(self) -> Signing:
        from gmops_desktop.services.reports.signing import Signing

        return Signing(
            self._database, self._journal, self.reports, self.settings, Vault(),
            self.home.company_seal,
        )  # fmt: skip

    def _month(self, start: date, end: date, contract: Contract | None = None) -> MonthFacts:
        from gmops_desktop.month_facts import Collector

        gather = Collector(
            self.contracts, self.tickets, self.backups, self.restores, self.patches, self.servers
        )
        return gather(start, end, contract)

    # ------------------------------------------------------------ backups

    @cached_property
    def sealing(self) -> Sealing:
        copies = PlainCopies(self.home.opened)
        identity = os.environ.get(KEY_FILE, "")
        return Sealing(self.settings, Vault(), copies, identity_file=identity)

    @cached_property
    def backups(self) -> Backups:
        from gmops_desktop.adapters.locks import held_for
        from gmops_desktop.services.backups import Backups

        return Backups(
            self._database,
            self._outside.connect,
            self._archives,
            self.sealing.seals,
            alone=lambda address: held_for(self.home.locks, address),
        )

    @cached_property
    def site_files(self) -> SiteFiles:
        from gmops_desktop.services.site_files import SiteFiles

        return SiteFiles(
            self._database,
            self._outside.open_ssh,
            self._archives,
            self.home.locks,
            self.sealing.seals,
        )

    @cached_property
    def account_backups(self) -> AccountBackups:
        from gmops_desktop.services.account_settings import AccountBackups

        return AccountBackups(
            self._database,
            self._journal,
            self._outside.open_account,
            self._archives,
            self.sealing.seals,
        )

    @cached_property
    def account_quotas(self) -> AccountQuotas:
        from gmops_desktop.services.account_quotas import AccountQuotas

        return AccountQuotas(self._database, self._journal, self._outside.open_account)

    @cached_property
    def whole_backups(self) -> WholeBackups:
        from gmops_desktop.everything import kinds_of_backup
        from gmops_desktop.services.whole_backups import WholeBackups

        kinds = kinds_of_backup(
            self.contracts,
            self.backups,
            self.site_files,
            self.account_backups,
            self.schedules.rate_limit,
        )
        return WholeBackups(self._database, self._journal, kinds)

    @cached_property
    def cloud_backups(self) -> CloudBackups:
        from gmops_desktop.services.cloud_backups import CloudBackups

        return CloudBackups(self._outside.open_tencent, self.home.cloud, self._archives)

    @cached_property
    def comparisons(self) -> Comparisons:
        from gmops_desktop.services.comparisons import Comparisons

        return Comparisons(self._outside.connect, self.sealing.seals.opened)

    @cached_property
    def schedules(self) -> Schedules:
        from gmops_desktop.adapters import power
        from gmops_desktop.adapters.host_keys import ChangedHostKey, UnknownHostKey
        from gmops_desktop.adapters.vault import NoSecret
        from gmops_desktop.services.schedules import Schedules

        return Schedules(
            self._database,
            self.troubles,
            subjects=self._subjects,
            verify=lambda path, context: self.backups.verify(path, context),
            prune=self.retention.prune,
            archive_folder=self._archives,
            locks=self.home.locks,
            around=power.look,
            hopeless=lambda error: isinstance(error, NoSecret | UnknownHostKey | ChangedHostKey),
        )

    def _subjects(self) -> tuple[Subject, ...]:
        from gmops_desktop.everything import subjects_of_schedules

        return subjects_of_schedules(
            self.contracts,
            self.backups,
            self.site_files,
            self.account_backups,
            lambda: self.whole_backups,
        )

    @cached_property
    def retention(self) -> Retention:
        from gmops_desktop.services.retention import Retention

        return Retention(self._database, self._archives, lambda id: self.schedules.keep_of(id))

    @cached_property
    def timers(self) -> Timers:
        from gmops_desktop.services.timers import Timers, own_command

        return Timers(self.home, own_command("schedule", "run", "--due"))

    @cached_property
    def collecting(self) -> Timers:
        """The timer that looks at the servers while no window is open."""
        from gmops_desktop.services.timers import Timers, own_command

        about = "look at the servers and remember what was measured"
        return Timers(self.home, own_command("collect"), name="collect", minutes=5, about=about)

    # ------------------------------------------------------------ back to work

    @cached_property
    def restores(self) -> Restores:
        from gmops_desktop.adapters.locks import held_for_restore
        from gmops_desktop.services.restores import Restores

        return Restores(
            self._database,
            self._outside.connect,
            partial(self.backups.take, purpose="safety"),
            self.sealing.seals,
            alone=lambda address: held_for_restore(self.home.locks, address),
        )

    @cached_property
    def imports(self) -> Imports:
        from gmops_desktop.services.imports import Imports

        return Imports(
            self._outside.connect,
            partial(self.backups.take, purpose="import"),
            self.home.root / "imports.json",
        )

    @cached_property
    def drills(self) -> Drills:
        from gmops_desktop.adapters.local_server import LocalServers
        from gmops_desktop.services.drills import CloneRehearsal, Clones, Drills, Orders

        opened, outside = self.sealing.seals.opened, self._outside
        orders = Orders(self.home.cloud / "clones", self.home.locks)
        clones = Clones(outside.open_tencent, orders, utc_now)
        drills = Drills(
            self._database,
            self._journal,
            LocalServers(self.home.local_servers),
            opened,
            file=self.reports.keep,
            contract=self.contracts.of_resource,
            troubles=self.troubles,
            resources=self.contracts.resources,
            secrets=Vault(),
            locks=self.home.locks,
            on_clone=CloneRehearsal(clones, opened, outside.reach),
        )
        drills.sweep()
        return drills

    # ------------------------------------------------------------ the servers

    @cached_property
    def servers(self) -> Servers:
        from gmops_desktop.services.servers import Servers

        return Servers(
            self._database,
            look_host=self._outside.look_host,
            look_mysql=self._outside.look_mysql,
            look_web=self._outside.look_web,
            look_account=self._look_account,
            look_cloud=self.cloud_metrics.look,
            expecting=self._outside.expecting,
            interval=lambda: float(self.settings.current.probe_seconds),
            together=as_they_end,
            afresh=self._outside.forget,
        )

    @cached_property
    def looking(self) -> Looking:
        """The same rounds in a process of their own, for the window."""
        from gmops_desktop.services.looking import Looking

        return Looking(self.home, _rounds, self._secret)

    def rounds(self) -> Rounds:
        """Return what the process of looks is made for."""
        from gmops_desktop.services.looking import Rounds

        outside = self._outside
        return Rounds(self.servers.look, self.settings.latest, outside.forget, self.hang_up)

    def _look_account(
        self, address: AccountAddress, context: Context, before: AccountDetails | None
    ) -> AccountDetails:
        kept = self.account_backups.kept_menu(address.app_id)
        return self._outside.look_account(address, context, before, kept)

    @cached_property
    def cloud_metrics(self) -> CloudMetrics:
        from gmops_desktop.services.cloud_metrics import CloudMetrics

        return CloudMetrics(
            self._database,
            look=self._outside.look_cloud,
            open_api=self._outside.open_cloud,
            resolve=self._outside.addresses_of,
            resources=self.contracts.resources,
        )

    @cached_property
    def connections(self) -> Connections:
        from gmops_desktop.services.connections import Connections

        return Connections(
            known_hosts=self.home.known_hosts,
            open_ssh=self._outside.open_ssh,
            open_mysql=self._outside.connect,
            look_account=self._outside.look_account,
            look_host=self._outside.look_host,
            look_cloud=self._outside.look_cloud,
            count_cloud_backups=lambda cloud, context: len(
                self.cloud_backups.all(cloud, context).backups
            ),
        )

    @cached_property
    def checking(self) -> Checking:
        """What is looked at before and after a change."""
        from gmops_desktop.services.patches.checking import Checking

        outside = self._outside
        return Checking(
            self.contracts.resources,
            outside.check_host,
            outside.check_site,
            outside.look_mysql,
            outside.addresses_of,
            newest=lambda id: self.servers.newest(id),
        )

    @cached_property
    def patches(self) -> Patches:
        from gmops_desktop.adapters.locks import held_for_change
        from gmops_desktop.services.patches import Hands, Patches
        from gmops_desktop.services.patches.queue import host_address
        from gmops_desktop.services.patches.rescue import RescueHands
        from gmops_desktop.services.patches.system_updates import SystemUpdates

        outside = self._outside
        hands = Hands(
            scan_host=outside.scan_host,
            simulate_host=outside.simulate_host,
            works={
                "patch": SystemUpdates(
                    lambda resource, context: outside.shell_of(host_address(resource), context)
                ),
                "release": self.releases,
                "configuration": self.configurations,
            },
            take_checks=self.checking.take,
            look_run=self.releases.look,
            alone=lambda resource: held_for_change(self.home.locks, resource),
            troubles=self.troubles,
            days=self.ledgers,
            tickets=self.tickets,
            keep_log=self._keep_log,
            disks=self._disk_hands,
            hanging=self.checking.hanging,
            rescue=RescueHands(self._second_way.agent_of, outside.shell_of),
            say=self.messages.remind,
        )
        return Patches(self._database, self._journal, hands)

    @cached_property
    def waves(self) -> Waves:
        """One change to many servers."""
        from gmops_desktop.services.patches.book import Book
        from gmops_desktop.services.patches.waves import Waves

        book = Book(self._database, self._journal, utc_now)
        return Waves(self.patches, book, self.contracts.resources)

    @cached_property
    def configurations(self) -> Configurations:
        """Changes of single files of configuration: their queueing, and the work of one."""
        from gmops_desktop.services.patches.configurations import Configurations

        return Configurations(
            self._outside.open_ssh,
            Vault(),
            lambda *words, **named: self.patches.add(*words, **named),
        )

    @cached_property
    def releases(self) -> Releases:
        """Releases of applications: their queueing, and the work of such a change."""
        from gmops_desktop.services.patches.releases import Releases
        from gmops_desktop.ways_back import release_database

        return Releases(
            self.home.releases,
            self._outside.open_ssh,
            self._second_way.look,
            release_database(self._outside.connect, self.backups, self.restores),
            self.contracts.resources,
            lambda *words, **named: self.patches.add(*words, **named),
        )

    @property
    def _disk_hands(self) -> DiskHands:
        from gmops_desktop.services.patches.cloud_places import CloudPlaces
        from gmops_desktop.services.patches.disks import DiskHands
        from gmops_desktop.services.patches.queue import host_address

        outside = self._outside
        places = CloudPlaces(self.contracts.resources, lambda id: self.servers.newest(id))
        return DiskHands(
            place_of=places.of,
            open_api=outside.open_cloud,
            settle=lambda host, context: outside.settle(host_address(host), context),
            count=lambda host, folders, since, context: outside.count_written(
                host_address(host), folders, since, context
            ),
        )

    @cached_property
    def leftovers(self) -> Leftovers:
        """What changes left on the servers for their way back."""
        from gmops_desktop.services.patches.leftovers import Leftovers

        return Leftovers(self._outside.open_ssh, self.patches.all, self.patches.cleared)

    @cached_property
    def _second_way(self) -> SecondWay:
        from gmops_desktop.services.patches.second_way import SecondWay

        return SecondWay(
            self._outside.look_run, self.contracts.resources, lambda id: self.servers.newest(id)
        )

    def _keep_log(self, change_id: str, name: str, log: bytes, context: Context) -> None:
        """Attach the log of a run to its change."""
        content = self.attachments.keep_bytes(log, name, context)
        self.attachments.attach("change", change_id, [content])


def _rounds(ask: Callable[[str], str], home: Home) -> Rounds:
    """Put together what looks, in the process that does nothing else (see `Services.looking`)."""
    return Services(home, SettingsFile(home.settings), Database(home.store), ask).rounds()
