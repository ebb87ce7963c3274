"""What an official account holds (menu, automatic replies, material, drafts, tags), as archives."""

from gmops_desktop.archive.account import AccountSettings
from gmops_desktop.contract.account_menus import Button, Menu, menu_of
from gmops_desktop.services.account_settings.differences import Compared, Difference
from gmops_desktop.services.account_settings.register import AccountArchive
from gmops_desktop.services.account_settings.service import (
    AccountBackups,
    MenuPreview,
    MenuRestored,
    proof_failed,
)

__all__ = [
    "AccountArchive",
    "AccountBackups",
    "AccountSettings",
    "Button",
    "Compared",
    "Difference",
    "Menu",
    "MenuPreview",
    "MenuRestored",
    "menu_of",
    "proof_failed",
]
