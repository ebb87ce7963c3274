"""The card of sealed backups: a key, its sheet, recipients, and the switch."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import keyring
import pytest
from keyring.backends import null
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from gmops_desktop.adapters.vault import SERVICE, Vault
from gmops_desktop.archive import age
from gmops_desktop.archive.plain_copies import PlainCopies
from gmops_desktop.paths import Home
from gmops_desktop.reports import rendering
from gmops_desktop.services.sealing import KEYRING_NAME, Sealing
from gmops_desktop.settings import SettingsFile
from gmops_desktop.tasks import TaskRunner
from qr_codes import read_codes
from ui.dialogs.sealing import KeyImport, KeyMaking, RecipientAdding, SheetOffer
from ui.dialogs.sheet import Sheet
from ui.sealing_card import SealingCard

Kind = TypeVar("Kind", bound=QWidget)


@pytest.fixture
def settings(home: Home) -> SettingsFile:
    file = SettingsFile(home.settings)
    file.change(actor="Zhang")
    return file


@pytest.fixture
def sealing(home: Home, settings: SettingsFile) -> Sealing:
    return Sealing(settings, Vault(), PlainCopies(home.opened))


@pytest.fixture
def card(
    qtbot: QtBot,
    sealing: Sealing,
    settings: SettingsFile,
    runner: TaskRunner,
    settled: Callable[[], None],
) -> SealingCard:
    card = SealingCard(sealing, settings, runner)
    runner.changed.connect(lambda _change: card.refresh())
    qtbot.addWidget(card)
    with qtbot.waitExposed(card):
        card.show()
    card.refresh()
    settled()
    return card


def opened(card: SealingCard, kind: type[Kind]) -> Kind:
    """Return the dialog of that kind that stands open."""
    return next(one for one in card.findChildren(kind) if one.isVisible())


def kept() -> list[str]:
    return (keyring.get_password(SERVICE, KEYRING_NAME) or "").split()


def names(card: SealingCard) -> list[str]:
    return [one.name for one in card.table.rows.shown]


def test_the_first_key_and_its_sheet(
    card: SealingCard, sealing: Sealing, settled: Callable[[], None], tmp_path: Path, qtbot: QtBot
) -> None:
    assert not card.switch.isEnabled()
    assert "readable for whoever gets the file" in card.text.text()
    card.make_button.click()
    dialog = opened(card, KeyMaking)
    assert dialog.name.text() == "Zhang"
    dialog.make.click()
    settled()
    offer = opened(card, SheetOffer)
    assert names(card) == ["Zhang"]
    assert len(kept()) == 1
    assert not card.make_button.isVisible()
    assert card.sheet_button.isVisible()
    offer.reject()
    with qtbot.waitSignal(card.noticed, timeout=20_000) as heard:
        card.save_as(tmp_path / "sheet.pdf")
    settled()
    assert "delete the file" in heard.args[2]
    assert stat.S_IMODE((tmp_path / "sheet.pdf").stat().st_mode) == 0o600
    assert read_codes(rendering.picture(tmp_path / "sheet.pdf", 0, 1000)) == kept()
    assert card.table.rows.shown[0].sheet
    card.switch._buttons["on"].click()
    settled()
    assert sealing.on
    assert "only with one of these keys" in card.text.text()


def test_the_sheet_is_printed_and_no_file_of_it_is_left(
    card: SealingCard,
    sealing: Sealing,
    home: Home,
    settled: Callable[[], None],
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    sealing.make_key("Zhang")
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
    printer.setOutputFileName(str(tmp_path / "printed.pdf"))
    with qtbot.waitSignal(card.noticed, timeout=20_000):
        card.print_on(printer)
    settled()
    assert read_codes(rendering.picture(tmp_path / "printed.pdf", 0, 1000)) == kept()
    assert [one.name for one in home.opened.iterdir()] == [".in-use"]
    assert sealing.standing().recipients[0].sheet


def test_a_typing_error_stays_in_the_dialog(
    card: SealingCard, settled: Callable[[], None], qtbot: QtBot
) -> None:
    identity = age.new_identity()
    card.import_button.click()
    dialog = opened(card, KeyImport)
    assert not dialog.take.isEnabled()
    dialog.field.setPlainText(identity[:-1] + ("Q" if identity[-1] != "Q" else "P"))
    dialog.take.click()
    assert dialog.isVisible()
    assert "mistyped" in dialog.fault.text()
    assert kept() == []
    dialog.field.setPlainText(" ".join(identity[at : at + 4] for at in range(0, 74, 4)))
    assert dialog.fault.text() == ""
    with qtbot.waitSignal(card.noticed, timeout=20_000):
        dialog.take.click()
    settled()
    assert kept() == [identity]
    assert names(card) == ["Zhang"]


def test_recipients_are_added_checked_and_removed(
    card: SealingCard, sealing: Sealing, settled: Callable[[], None]
) -> None:
    key = age.public_key(age.new_identity())
    card.add_button.click()
    dialog = opened(card, RecipientAdding)
    dialog.name.setText("office safe")
    dialog.key.setText(key[:-1])
    dialog.add.click()
    assert dialog.isVisible()
    assert "not a public key" in dialog.fault.text()
    dialog.key.setText(key)
    dialog.add.click()
    settled()
    assert names(card) == ["office safe"]
    assert "cannot open them" not in card.text.text()
    card.switch._buttons["on"].click()
    settled()
    assert "cannot open them" in card.text.text()
    assert card.make_button.isVisible()

    sealing.add(age.public_key(age.new_identity()), "second engineer")
    card.refresh()
    settled()
    card.table.select(key)
    card.remove_button.click()
    sheet = next(one for one in card.findChildren(Sheet) if one.isVisible())
    next(one for one in sheet.findChildren(QPushButton) if one.text() == "Remove").click()
    settled()
    assert names(card) == ["second engineer"]


def test_a_machine_without_a_keyring_says_so(
    card: SealingCard, sealing: Sealing, runner: TaskRunner, qtbot: QtBot,
    settled: Callable[[], None],
) -> None:  # fmt: skip
    sealing.add(age.public_key(age.new_identity()), "office safe")
    keyring.set_keyring(null.Keyring())
    card.refresh()
    settled()
    assert "keyring cannot be used" in card.text.text()
    with qtbot.waitSignal(runner.failed) as heard:
        card._make_named("Zhang")
    settled()
    assert "keyring cannot be used" in str(heard.args[1])
    assert names(card) == ["office safe"]
