"""The day's quotas of an account start anew: counted, confirmed, on record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db.engine import Database
from db.journal import Journal
from gmops_desktop.adapters.wechat import WeChat, WeChatRefused
from gmops_desktop.addresses import AccountAddress
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.outside import Outside
from gmops_desktop.paths import Home
from gmops_desktop.services.account_quotas import MOST, AccountQuotas
from gmops_desktop.services.account_settings import AccountBackups
from sandbox.wechat import Wechat

pytestmark = pytest.mark.servers

_SPENT = {"/cgi-bin/draft/count": 10_000}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wechat]:
    with Wechat(tmp_path_factory.mktemp("wechat")) as running:
        yield running


@pytest.fixture
def wechat(server: Wechat) -> Wechat:
    (server.folder / "faults.json").unlink(missing_ok=True)
    server.configure(used={}, cleared={}, limits={})
    return server


class Desk:
    """The service with a clock of its own; `secret` is the one it was given."""

    def __init__(self, wechat: Wechat, database: Database) -> None:
        self.address, self.secret = wechat.address, wechat.secret
        self.now = datetime.now(UTC)
        self.journal = Journal(database, actor=lambda: "Zhang", now=lambda: self.now)
        self.quotas = AccountQuotas(database, self.journal, self._open, now=lambda: self.now)

    @contextmanager
    def _open(self, address: AccountAddress, context: Context) -> Iterator[WeChat]:
        with WeChat(address, self.secret, context) as account:
            yield account

    def clear(self) -> int:
        typed = self.address.app_id
        return self.quotas.clear(self.address, Context(), confirm=typed).count

    def drafts(self) -> object:
        with self._open(self.address, Context()) as account:
            return account.call("/cgi-bin/draft/count")


@pytest.fixture
def desk(wechat: Wechat, database: Database) -> Desk:
    return Desk(wechat, database)


def test_what_was_spent_is_to_be_had_again_and_stands_in_the_record(
    desk: Desk, wechat: Wechat
) -> None:
    wechat.configure(used=_SPENT)
    with pytest.raises(WeChatRefused, match="45009") as spent:
        desk.drafts()
    assert "clear-quota" in spent.value.hint
    with pytest.raises(OpsError, match="not confirmed"):
        desk.quotas.clear(desk.address, Context(), confirm="wx-other")
    assert desk.quotas.standing(desk.address).count == 0
    assert desk.clear() == 1
    assert desk.drafts()
    (entry,) = desk.journal.entries("account")
    assert (entry.action, entry.actor) == ("quotas cleared", "Zhang")
    assert desk.quotas.standing(replace(desk.address, app_id="wx-other")).count == 0


def test_without_a_token_to_be_had_the_appsecret_stands_for_it(desk: Desk, wechat: Wechat) -> None:
    wechat.configure(used={"/cgi-bin/stable_token": 10_000})
    with pytest.raises(WeChatRefused, match="45009"):
        desk.drafts()
    assert desk.clear() == 1
    assert desk.drafts()
    wechat.configure(used={"/cgi-bin/stable_token": 10_000})
    desk.secret = "wrong"
    with pytest.raises(WeChatRefused, match="40125"):
        desk.clear()
    assert desk.quotas.standing(desk.address).count == 1


def test_after_ten_times_nobody_is_asked_until_the_month_is_over_in_beijing(
    desk: Desk, wechat: Wechat
) -> None:
    desk.now = datetime(2026, 11, 30, 12, tzinfo=UTC)
    for number in range(MOST):
        assert desk.clear() == number + 1
    wechat.configure(used=_SPENT)
    with pytest.raises(OpsError, match="ten times"):
        desk.clear()
    with pytest.raises(WeChatRefused, match="45009"):
        desk.drafts()
    desk.now = datetime(2026, 11, 30, 16, 30, tzinfo=UTC)  # 1 December in Beijing
    assert desk.quotas.standing(desk.address).left == MOST
    with pytest.raises(WeChatRefused, match="48006"):
        desk.clear()  # the stand-in's own month goes on
    assert desk.quotas.standing(desk.address).count == 0


def test_an_answer_that_was_lost_counts_as_done(desk: Desk, wechat: Wechat) -> None:
    desk.drafts()
    wechat.spoil_next("/cgi-bin/clear_quota", "torn")
    with pytest.raises(OpsError, match="nobody knows") as lost:
        desk.clear()
    assert "ten times" in lost.value.unharmed
    assert desk.quotas.standing(desk.address).count == 1


def test_pauses_outlast_the_program_and_a_torn_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from gmops_desktop.adapters.wechat import Pauses

    file, now = tmp_path / "pauses.json", datetime(2026, 11, 22, 3, tzinfo=UTC)
    Pauses(file).note("wx1", WeChatRefused(89503, "ip 198.51.100.7", "/x", direct=True), now)
    Pauses(file).note("wx2", WeChatRefused(45011, "", "/y"), now + timedelta(minutes=4))
    again = Pauses(file)  # as the next start of the program has it
    with pytest.raises(WeChatRefused, match=r"198\.51\.100\.7") as refusal:
        again.check("wx1", now + timedelta(minutes=4))
    assert refusal.value.direct
    again.check("wx1", now + timedelta(minutes=6))
    with pytest.raises(WeChatRefused, match="45011"):
        again.check("wx2", now + timedelta(minutes=4, seconds=59))
    file.write_bytes(file.read_bytes()[:-9])
    with caplog.at_level("CRITICAL"):
        again.check("wx2", now + timedelta(minutes=4, seconds=59))
    again._file = tmp_path / "missing" / "pauses.json"
    again.check("wx2", now)


def test_backups_and_clearing_leave_an_account_alone_that_wants_a_pause(
    wechat: Wechat, database: Database, home: Home
) -> None:
    """A refusal that is met amid a backup, and only named there, holds for all that comes after."""
    asked: list[str] = []

    def secret(name: str) -> str:
        asked.append(name)
        return wechat.secret

    outside = Outside(home, secret)
    journal = Journal(database, actor=lambda: "Zhang")
    quotas = AccountQuotas(database, journal, outside.open_account)
    backups = AccountBackups(database, journal, outside.open_account, lambda: home.archives)
    wechat.fail_next("/cgi-bin/draft/count", 45011)
    with outside.open_account(wechat.address, Context()) as account:
        with pytest.raises(WeChatRefused, match="45011"):
            account.call("/cgi-bin/draft/count")
        assert account.call("/cgi-bin/draft/count")  # what is under way goes on
    asked.clear()
    for ask in (
        lambda: backups.take(wechat.address, Context()),
        lambda: quotas.clear(wechat.address, Context(), confirm=wechat.address.app_id),
        lambda: outside.look_account(wechat.address, Context()),
    ):
        with pytest.raises(WeChatRefused, match="45011") as refused:
            ask()
        assert "left alone until" in refused.value.unharmed
    assert asked == []
    assert quotas.standing(wechat.address).count == 0
    home.account_pauses.unlink()
    assert backups.take(wechat.address, Context()).verified
