"""The services of the record: contract, people, tickets, alerts, what falls due."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from gmops_desktop.adapters.vault import Vault
from gmops_desktop.assembly.core import Core

if TYPE_CHECKING:
    from gmops_desktop.services.alerts import Alerts
    from gmops_desktop.services.attachments import Attachments
    from gmops_desktop.services.calendars import Calendars
    from gmops_desktop.services.contracts import Contracts
    from gmops_desktop.services.domains import Domains
    from gmops_desktop.services.due_dates import DueDates
    from gmops_desktop.services.events import Events
    from gmops_desktop.services.expiry_reminders import ExpiryReminders
    from gmops_desktop.services.finding import Finding
    from gmops_desktop.services.ledgers import Ledgers
    from gmops_desktop.services.limits import Limits
    from gmops_desktop.services.messages import Messages, Notices
    from gmops_desktop.services.obligations import Obligations
    from gmops_desktop.services.roster import Roster
    from gmops_desktop.services.ticket_imports import TicketImports
    from gmops_desktop.services.tickets import Tickets
    from gmops_desktop.services.troubles import Troubles


class Record(Core):
    """The record of a contract."""

    @cached_property
    def contracts(self) -> Contracts:
        from gmops_desktop.services.contracts import Contracts

        return Contracts(self._database, self._journal, shown=self._shown)

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
    def obligations(self) -> Obligations:
        from gmops_desktop.services.key_ages import KeyAges
        from gmops_desktop.services.obligations import Obligations

        keys = KeyAges(self._journal, self.contracts.resources, self.sealing.recipient_days)
        return Obligations(self._database, self._journal, shown=self._shown, keys=keys.all)

    @cached_property
    def due_dates(self) -> DueDates:
        from gmops_desktop.services.due_dates import DueDates

        return DueDates(self._database, self.obligations.board)

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
