"""The lanes of backups: whatever touches one thing runs in its lane, one after another."""

from __future__ import annotations

from gmops_desktop.addresses import AccountAddress
from gmops_desktop.services.schedules import Subject
from gmops_desktop.services.site_files import Place, places_of
from ui.backup_rows import lane_of

EVERYTHING = "everything"


def lane_of_place(place: Place) -> str:
    """Return the lane of everything that touches a directory."""
    return f"files:{place}"


def lane_of_account(address: AccountAddress) -> str:
    """Return the lane of everything that touches an official account."""
    return f"account:{address.app_id}"


def lane_of_subject(subject: Subject) -> str:
    """Return the lane in which what a schedule backs up is backed up."""
    resource = subject.resource
    if resource is None:
        return EVERYTHING
    if isinstance(resource.address, AccountAddress):
        return lane_of_account(resource.address)
    places = places_of(resource)
    # A site with several directories waits in the lane of the first; the service locks each.
    return lane_of_place(places[0]) if places else lane_of(resource)
