"""The account's settings and the backup of everything, in the window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from db.engine import Database
from db.journal import Journal
from gmops_desktop.adapters.wechat import WeChat
from gmops_desktop.addresses import AccountAddress, Resource
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.services.account_settings import AccountBackups
from gmops_desktop.services.contracts import Contracts
from gmops_desktop.services.whole_backups import Kept, Kind, WholeBackups
from gmops_desktop.tasks import TaskRunner
from sandbox.wechat import Wechat
from ui.account_card import AccountCard
from ui.account_diff import AccountDiff
from ui.account_menu import MenuPreviewDialog
from ui.whole_card import PartsDialog, WholeCard

pytestmark = pytest.mark.servers

Window = TypeVar("Window", bound=QWidget)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wechat]:
    with Wechat(tmp_path_factory.mktemp("wechat")) as running:
        yield running


@pytest.fixture
def wechat(server: Wechat) -> Wechat:
    (server.folder / "account.json").unlink(missing_ok=True)
    server.configure(certified=True)
    return server


@pytest.fixture
def accounts(
    wechat: Wechat, database: Database, journal: Journal, tmp_path: Path
) -> AccountBackups:
    folder = tmp_path / "archives"
    folder.mkdir()
    return AccountBackups(
        database,
        journal,
        lambda address, context: WeChat(address, wechat.secret, context),
        lambda: folder,
    )


@pytest.fixture
def account(contracts: Contracts, wechat: Wechat) -> Resource:
    for resource in contracts.resources():
        contracts.remove_resource(resource.id)
    return contracts.save_resource("account", "公众号", wechat.address)


@pytest.fixture
def card(
    qtbot: QtBot,
    accounts: AccountBackups,
    contracts: Contracts,
    account: Resource,
    runner: TaskRunner,
) -> AccountCard:
    card = AccountCard(accounts, contracts, runner)
    qtbot.addWidget(card)
    runner.changed.connect(lambda _change: card.refresh())
    card.refresh()
    return card


def opened(card: QWidget, kind: type[Window]) -> Window:
    return next(one for one in card.window().findChildren(kind) if one.isVisible())


def test_a_contract_without_an_account_shows_no_card(
    qtbot: QtBot, accounts: AccountBackups, contracts: Contracts, runner: TaskRunner
) -> None:
    for resource in contracts.resources():
        contracts.remove_resource(resource.id)
    card = AccountCard(accounts, contracts, runner)
    qtbot.addWidget(card)
    card.refresh()
    assert card.isHidden()


def test_keep_and_see_what_changed(
    card: AccountCard, wechat: Wechat, settled: Callable[[], None]
) -> None:
    told: list[tuple[str, ...]] = []
    card.noticed.connect(lambda *words: told.append(words))
    assert card.last.full_text.startswith("Not kept yet")
    assert not card.diff_button.isEnabled()
    card.take_button.click()
    assert not card.take_button.isEnabled()
    settled()
    assert told[0][0] == "ok"
    assert "8 buttons" in card.last.full_text
    assert card.take_button.isEnabled()

    held = wechat.holdings.load()
    held["menu"][0]["url"] = "https://gambling.example/"
    wechat.holdings.save(held)
    card.diff_button.click()
    dialog = opened(card, AccountDiff)
    settled()
    assert dialog.outcome.full_text == "1 difference"
    [shown] = dialog.table.rows.shown
    assert (shown.name, shown.after) == ("官网", "opens https://gambling.example/")
    dialog.after.setCurrentIndex(1)
    settled()
    assert dialog.working.state.full_text == "Nothing differs."
    dialog.reject()


def test_the_menu_is_set_only_after_the_app_id(
    card: AccountCard, wechat: Wechat, account: Resource, settled: Callable[[], None]
) -> None:
    card.take_button.click()
    settled()
    good = wechat.holdings.load()
    wechat.holdings.save({**good, "menu": [{"type": "click", "name": "空", "key": "X"}]})
    told: list[tuple[str, ...]] = []
    card.noticed.connect(lambda *words: told.append(words))
    card.menu_button.click()
    dialog = opened(card, MenuPreviewDialog)
    settled()
    assert "└ 空" in dialog.now.text()
    assert "├ 官网" in dialog.then.text()
    assert not dialog.restore.isEnabled()
    dialog.name.setText("wx-wrong")
    assert not dialog.restore.isEnabled()
    assert isinstance(account.address, AccountAddress)
    dialog.name.setText(account.address.app_id)
    dialog.restore.click()
    settled()
    assert told[-1][0] == "ok"
    assert [one["name"] for one in wechat.holdings.load()["menu"]] == [
        one["name"] for one in good["menu"]
    ]


def test_an_account_that_may_not_is_told_why(
    card: AccountCard, wechat: Wechat, account: Resource, settled: Callable[[], None]
) -> None:
    card.take_button.click()
    settled()
    wechat.holdings.save({**wechat.holdings.load(), "menu": []})
    wechat.configure(certified=False)
    card.menu_button.click()
    dialog = opened(card, MenuPreviewDialog)
    settled()
    assert isinstance(account.address, AccountAddress)
    dialog.name.setText(account.address.app_id)
    assert not dialog.restore.isEnabled()
    assert "48001" in dialog.more.text()
    dialog.reject()


# ---------------------------------------------------------------- everything at once


def whole(database: Database, journal: Journal, resource: Resource) -> WholeBackups:
    def kept(_one: Resource, _context: Context) -> Kept:
        return Kept("a1", Path("/archives/a1"), 1000, True, "Good.")

    def refused(_one: Resource, _context: Context) -> Kept:
        raise OpsError("The line is dead.")

    def kind(key: str, take: Any) -> Kind:
        return Kind(key, key.title, lambda: [resource], take)

    return WholeBackups(database, journal, [kind("database", kept), kind("account", refused)])


def test_everything_ends_in_one_verdict(
    qtbot: QtBot,
    database: Database,
    journal: Journal,
    account: Resource,
    runner: TaskRunner,
    settled: Callable[[], None],
) -> None:
    card = WholeCard(whole(database, journal, account), runner)
    qtbot.addWidget(card)
    told: list[tuple[str, ...]] = []
    card.noticed.connect(lambda *words: told.append(words))
    card.refresh()
    assert card.verdict.full_text == "All in one run, with one verdict: Database, Account"
    card.take_button.click()
    assert not card.take_button.isEnabled()
    settled()
    assert card.badge.state == "critical"
    assert card.verdict.full_text == "1 of 2 parts are backed up and proved. Not: 公众号."
    assert told == [("critical", card.verdict.full_text, "公众号: The line is dead.")]
    card.show_parts()
    dialog = opened(card, PartsDialog)
    assert [one.outcome for one in dialog.table.rows.shown] == ["whole", "failed"]
    dialog.reject()
