"""Keeps what an official account holds, tells what changed between two dates, and sets its menu
back."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from db.engine import Database
from db.ids import uuid7
from db.journal import Journal
from gmops_desktop.adapters.wechat import KeptMenu, WeChat, WeChatRefused
from gmops_desktop.addresses import AccountAddress
from gmops_desktop.archive import account
from gmops_desktop.archive.account import AccountSettings
from gmops_desktop.archive.inventory import Inventory
from gmops_desktop.archive.sealing import Seals
from gmops_desktop.archive.verification import Verification
from gmops_desktop.context import Context
from gmops_desktop.contract.account_menus import Menu, menu_of, refusals
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.services.account_settings.differences import (
    Compared,
    Difference,
    compare,
    compare_menus,
)
from gmops_desktop.services.account_settings.reading import read_all, read_part
from gmops_desktop.services.account_settings.register import AccountArchive, Purpose, Register
from gmops_desktop.services.account_settings.summary import counts_of, menu_digest, verdict_of

_READ_BACK: Final = 3  # times, a second apart: WeChat has many servers

Open = Callable[[AccountAddress, Context], AbstractContextManager[WeChat]]


@dataclass(frozen=True, slots=True)
class MenuPreview:
    """What setting a menu back would change; nothing was written.

    `refused` says in sentences why the interface would not take it; empty where it would.
    """

    path: Path
    account: str
    taken: datetime
    before: Menu  # as it is now
    after: Menu  # as the archive has it
    differences: tuple[Difference, ...]
    refused: tuple[str, ...]

    @property
    def identical(self) -> bool:
        """Whether the account's menu is the archive's already."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class MenuRestored:
    """A menu that was set back and read back; `safety` holds everything as it was before."""

    at: datetime
    account: str
    taken: datetime
    proved: bool
    differences: tuple[Difference, ...]  # between what was sent and what was read back
    safety: AccountArchive


class AccountBackups:
    """Archives of the settings of official accounts.

    `open_account` gives the interfaces of an account, by whatever way its calls must go.
    """

    def __init__(
        self,
        database: Database,
        journal: Journal,
        open_account: Open,
        archive_folder: Callable[[], Path],
        seals: Seals | None = None,
    ) -> None:
        self._database, self._journal = database, journal
        self._register = Register(database)
        self._inventory = Inventory(database)
        self._open = open_account
        self._archive_folder = archive_folder
        self._seals = seals or Seals()

    def take(
        self,
        address: AccountAddress,
        context: Context,
        *,
        name: str = "",
        out: Path | None = None,
        resource_id: str = "",
        purpose: Purpose = "account",
    ) -> AccountArchive:
        """Write everything the account holds to `out`, or under a new name in the folder; prove it.

        What this kind of account may not be asked for is named in the verdict.  Failed or
        cancelled, no file is left.  Raises `OpsError`.
        """
        begun, clock = datetime.now(UTC), time.monotonic()
        with self._open(address, context) as wechat:
            settings = read_all(address.app_id, name, wechat, context)
        if not settings.parts:
            raise OpsError(
                tr("The account {account} lets nothing of it be read.", account=address.app_id),
                hint=" ".join(dict.fromkeys(settings.missing.values())),
                unharmed=tr("No archive was written."),
            )
        path = (out or self._new_path(address, begun, purpose)).absolute()
        context.check()
        with context.uncut():
            written, digest = account.write(path, settings)
            account.read(path)  # an archive counts only when it was read back
            path, size = written.path, written.file_bytes
            if self._seals.on and (purpose == "account" or self._seals.can_open()):
                sealed = self._seals.seal(path, context)
                path, size = sealed.path, sealed.file_bytes
            archive = AccountArchive(
                id=uuid7(),
                at=begun,
                seconds=time.monotonic() - clock,
                account=address.app_id,
                name=name,
                resource_id=resource_id,
                purpose=purpose,
                path=path,
                file_bytes=size,
                counts=counts_of(settings),
                missing=tuple(settings.missing),
                verdict=verdict_of(settings),
                digest=digest,
                menu=menu_digest(settings),
                verified_at=datetime.now(UTC),
                verified=True,
                exists=True,
            )
            self._register.add(archive)
        context.progress(100, tr("Settings of {account} written", account=name or address.app_id))
        return archive

    def kept_menu(self, account: str) -> KeptMenu | None:
        """Return what stands for the menu in the newest archive of the account."""
        archive = self._register.newest_with_menu(account)
        return None if archive is None else KeptMenu(archive.menu, archive.at)

    def all(self) -> tuple[AccountArchive, ...]:
        """Return every archive taken here, newest first."""
        return self._register.all()

    def read(self, path: Path, context: Context) -> AccountSettings:
        """Return what an archive holds, sealed or not, after proving it."""
        with self._seals.opened(path.absolute(), context) as plain:
            return account.read(plain)

    def verify(self, path: Path, context: Context) -> Verification:
        """Recompute all digests of an archive; what is found is entered into the list."""
        outcome = self._seals.verify(path.absolute(), context)
        self._inventory.verified(path.absolute(), outcome)
        return outcome

    def diff(
        self, before: Path | AccountAddress, after: Path | AccountAddress, context: Context
    ) -> Compared:
        """Return what differs between two archives, or an archive and the account as it is now.

        Raises `OpsError` where they are of different accounts.
        """
        old, new = self._side(before, context), self._side(after, context)
        if old.account != new.account:
            raise _other_account(old.account, new.account)
        return compare(old, new)

    def preview_menu(self, path: Path, address: AccountAddress, context: Context) -> MenuPreview:
        """Return what setting the menu back would change.  Writes nothing."""
        settings = self._wanted(path, address, context)
        with self._open(address, context) as wechat:
            return self._preview(path, settings, _menu_now(wechat, context))

    def restore_menu(
        self, path: Path, address: AccountAddress, context: Context, *, confirm: str
    ) -> MenuRestored:
        """Set the menu back to the archive's, after a safety copy, and prove it by reading back.

        It stands in the record, proved or not.

        `confirm` must be the account's app id.  Raises `OpsError` where WeChat would refuse the
        menu, or does; nothing is changed then.
        """
        if confirm != address.app_id:
            raise OpsError(
                tr("The account's AppID was not confirmed."),
                hint=tr("Type {account} to go on.", account=address.app_id),
                unharmed=tr("The menu was not changed."),
            )
        settings = self._wanted(path, address, context)
        wanted = menu_of(settings.parts)
        if refused := tuple(refusals(wanted)):
            raise _cannot_set(refused)
        safety = self.take(address, context, name=settings.name, purpose="account-safety")
        if "menu" in safety.missing:
            raise OpsError(
                tr("This account may not set its menu through the interface (48001)."),
                hint=tr("Set it by hand in the account's console; the archive shows every button."),
                unharmed=tr("The menu was not changed."),
            )
        with self._open(address, context) as wechat:
            body = {"button": [button.to_json() for button in wanted.buttons]}
            context.progress(60, tr("Setting the menu"))
            with context.uncut():
                differences = _set(wechat, body, settings, safety, context)
        restored = MenuRestored(
            at=datetime.now(UTC),
            account=address.app_id,
            taken=settings.taken,
            proved=not differences,
            differences=differences,
            safety=safety,
        )
        self._record(restored, settings)
        context.progress(100, tr("The menu is set"))
        return restored

    def _record(self, restored: MenuRestored, settings: AccountSettings) -> None:
        with self._database.session() as session, session.begin():
            self._journal.record(
                session,
                "account",
                restored.safety.id,
                "menu restored",
                account=restored.account,
                taken=restored.taken,
                digest=settings.digest,
                proved=restored.proved,
                differences=[one.name for one in restored.differences],
                before=restored.safety.digest,
            )

    def _side(self, side: Path | AccountAddress, context: Context) -> AccountSettings:
        if isinstance(side, Path):
            return self.read(side, context)
        with self._open(side, context) as wechat:
            return read_all(side.app_id, "", wechat, context)

    def _wanted(self, path: Path, address: AccountAddress, context: Context) -> AccountSettings:
        """Return the archive whose menu is to be set; it must hold one, of this account."""
        settings = self.read(path, context)
        if settings.account != address.app_id:
            raise _other_account(settings.account, address.app_id)
        if "menu" not in settings.parts and "selfmenu" not in settings.parts:
            raise OpsError(
                tr("{path} holds no menu: {why}", path=path, why=settings.missing["menu"]),
                hint=tr("Choose an archive from a time when the menu could be read."),
                unharmed=tr("The menu was not changed."),
            )
        return settings

    @staticmethod
    def _preview(path: Path, wanted: AccountSettings, now: dict[str, Any]) -> MenuPreview:
        after = menu_of(wanted.parts)
        refused = list(refusals(after))
        if "menu" not in now:
            refused.append(tr("This account may not set its menu through the interface (48001)."))
        # Personalised menus are neither read from the archive nor touched.
        found = compare_menus(now, _plain_menu(wanted.parts, now))
        return MenuPreview(
            path=path,
            account=wanted.account,
            taken=wanted.taken,
            before=menu_of(now),
            after=after,
            differences=tuple(found),
            refused=tuple(refused),
        )

    def _new_path(self, address: AccountAddress, at: datetime, purpose: Purpose) -> Path:
        who = re.sub(r"[^\w.-]+", "_", address.app_id)
        kind = "" if purpose == "account" else "-safety"
        stamp = f"{at.astimezone():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
        return self._archive_folder() / f"{who}{kind}-{stamp}{account.SUFFIX}"


def _menu_now(wechat: WeChat, context: Context) -> dict[str, Any]:
    """Return the menu as it is, by both interfaces; without `menu` where that is forbidden."""
    parts: dict[str, Any] = {"selfmenu": read_part("selfmenu", wechat, context)}
    try:
        parts["menu"] = read_part("menu", wechat, context)
    except WeChatRefused as refused:
        if refused.code != 48001:
            raise
    return parts


def _plain_menu(wanted: Any, now: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of a menu with the personalised menus that stand now."""
    told = wanted.get("menu")
    if not told:
        return {"selfmenu": wanted.get("selfmenu")}
    beside = (now.get("menu") or {}).get("conditionalmenu", [])
    return {"menu": {**told, "conditionalmenu": beside}}


def _set(
    wechat: WeChat,
    body: dict[str, Any],
    wanted: AccountSettings,
    safety: AccountArchive,
    context: Context,
) -> tuple[Difference, ...]:
    """Set the menu; return how the one read back differs from what was sent.

    WeChat sets a menu whole or not at all.  Where the line is cut before it answers, only reading
    back can tell which.
    """
    lost: OpsError | None = None
    try:
        wechat.call("/cgi-bin/menu/create", body)
    except WeChatRefused as refused:
        refused.unharmed = tr("The menu was not changed.")
        raise
    except OpsError as error:
        lost = error
    try:
        differences = _read_back(wechat, wanted, context)
    except OpsError as error:
        raise OpsError(
            tr("The line was cut while the menu was being set: it is not known whether it is."),
            hint=tr("See with gmops account diff, or “Changes…”, once the line is back."),
            unharmed=tr("What stood there before lies in {path}.", path=safety.path),
        ) from error
    if lost and differences:
        lost.unharmed = tr("The menu was not changed.")
        raise lost
    return differences


def _read_back(wechat: WeChat, wanted: AccountSettings, context: Context) -> tuple[Difference, ...]:
    """Return how the menu that now stands differs from the one that was sent."""
    found: tuple[Difference, ...] = ()
    for attempt in range(_READ_BACK):
        if attempt:
            context.wait(1)
        now = {"menu": read_part("menu", wechat, context)}
        found = tuple(compare_menus(now, _plain_menu(wanted.parts, now)))
        if not found:
            break
    return found


def _cannot_set(refused: tuple[str, ...]) -> OpsError:
    return OpsError(
        tr("WeChat would not take this menu: {why}", why=" ".join(refused)),
        hint=tr("Set it by hand in the account's console; the archive shows every button."),
        unharmed=tr("The menu was not changed."),
    )


def _other_account(archive: str, account: str) -> OpsError:
    return OpsError(
        tr("The archive is of the account {other}, not of {account}.",
           other=archive, account=account),
        hint=tr("Choose an archive of the same account."),
        unharmed=tr("Nothing was changed."),
    )  # fmt: skip


def proof_failed(restored: MenuRestored) -> ProofFailed:
    """Return the sentence for a menu that WeChat tells otherwise than it was set."""
    names = tr(", ").join(one.name for one in restored.differences)
    return ProofFailed(
        tr("The menu read back differs from the archive's: {names}", names=names),
        hint=tr("What stood there before lies in {path}.", path=restored.safety.path),
    )
