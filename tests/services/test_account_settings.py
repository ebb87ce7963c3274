"""Archives of an official account, against the sandbox's stand-in for WeChat."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from db.engine import Database
from db.journal import Journal
from gmops_desktop.adapters.wechat import WeChat, WeChatRefused
from gmops_desktop.adapters.wechat import look as look_at
from gmops_desktop.addresses import AccountAddress
from gmops_desktop.archive import age
from gmops_desktop.archive.inventory import Inventory
from gmops_desktop.archive.plain_copies import PlainCopies
from gmops_desktop.archive.sealing import NoIdentity, Seals
from gmops_desktop.context import Context, Progress
from gmops_desktop.contract.account_menus import refusals
from gmops_desktop.contract.looks import MenuSeen
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.services.account_settings import AccountBackups, Button, Menu, menu_of
from gmops_desktop.services.account_settings.differences import compare_menus
from sandbox.wechat import Wechat

pytestmark = pytest.mark.servers

Json = dict[str, Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wechat]:
    with Wechat(tmp_path_factory.mktemp("wechat")) as running:
        yield running


@pytest.fixture
def wechat(server: Wechat) -> Wechat:
    """The stand-in as it was made, whatever the test before did to it."""
    (server.folder / "account.json").unlink(missing_ok=True)
    (server.folder / "faults.json").unlink(missing_ok=True)
    server.configure(certified=True)
    return server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "archives"
    made.mkdir()
    return made


@pytest.fixture
def backups(wechat: Wechat, database: Database, folder: Path) -> AccountBackups:
    return AccountBackups(
        database,
        Journal(database, actor=lambda: "Zhang"),
        lambda address, context: WeChat(address, wechat.secret, context),
        lambda: folder,
    )


def change(wechat: Wechat, edit: Callable[[Json], object]) -> None:
    held = wechat.holdings.load()
    edit(held)
    wechat.holdings.save(held)


def test_everything_is_in_the_archive(backups: AccountBackups, wechat: Wechat) -> None:
    taken = backups.take(wechat.address, Context(), name="公众号", resource_id="r1")
    held, settings = wechat.holdings.load(), backups.read(taken.path, Context())
    for kind in ("image", "video", "voice", "news"):  # of many pages, one, and none
        assert settings.parts[kind] == held["material"][kind]
    assert settings.parts["drafts"] == held["drafts"]
    assert settings.parts["autoreply"] == held["autoreply"]
    assert taken.counts == {
        "menu": 8, "autoreply": 2, "tags": 3, "image": 120, "video": 4, "voice": 0, "news": 60,
        "drafts": 3,
    }  # fmt: skip
    assert taken.verdict == "Everything the interfaces tell is in it."
    assert taken.verified is True
    assert backups.verify(taken.path, Context()).ok
    [listed] = backups.all()
    assert (listed.id, listed.counts, listed.path) == (taken.id, taken.counts, taken.path)


def test_a_look_tells_whether_the_menu_is_the_one_that_was_kept(
    backups: AccountBackups, wechat: Wechat
) -> None:
    def look() -> MenuSeen | None:
        address, kept = wechat.address, backups.kept_menu(wechat.address.app_id)
        return look_at(address, wechat.secret, Context(), kept=kept).menu

    menu = look()
    assert menu is not None
    assert (menu.as_kept, menu.kept_at) == (None, "")  # nothing is kept yet
    taken = backups.take(wechat.address, Context())
    wechat.configure(certified=False)  # the look and the archive use what every account may ask
    menu = look()
    assert menu is not None
    assert menu.as_kept is True
    assert menu.kept_at[:19] == taken.at.isoformat()[:19]
    change(wechat, lambda held: held["menu"].pop())
    menu = look()
    assert menu is not None
    assert menu.as_kept is False
    assert "联系我们" not in menu.buttons
    backups.take(wechat.address, Context())
    menu = look()
    assert menu is not None
    assert menu.as_kept is True
    assert backups.kept_menu("wx-other") is None


def test_databases_archives_keep_a_list_of_their_own(
    backups: AccountBackups, wechat: Wechat, database: Database
) -> None:
    backups.take(wechat.address, Context())
    assert Inventory(database).all() == ()


def test_what_the_account_may_not_be_asked_is_named(
    backups: AccountBackups, wechat: Wechat
) -> None:
    wechat.configure(certified=False)
    taken = backups.take(wechat.address, Context())
    assert taken.missing == ("menu", "tags")
    assert "48001" in taken.verdict
    assert taken.counts["menu"] == 8  # the console's interface tells it


def test_a_part_whose_quota_is_used_up_is_named(backups: AccountBackups, wechat: Wechat) -> None:
    wechat.fail_next("/cgi-bin/draft/batchget", 45009, "reach max api daily quota limit")
    taken = backups.take(wechat.address, Context())
    assert taken.missing == ("drafts",)
    assert "Missing: drafts." in taken.verdict
    assert "45009" in taken.verdict


def test_a_list_that_never_rests_is_told(backups: AccountBackups, wechat: Wechat) -> None:
    class Restless(WeChat):
        def call(self, path: str, body: Any = None) -> Json:
            if (body or {}).get("type") == "news":
                change(wechat, lambda held: held["material"]["news"].pop())
            return super().call(path, body)

    backups._open = lambda address, context: Restless(address, wechat.secret, context)
    with pytest.raises(OpsError, match="changes while it is read"):
        backups.take(wechat.address, Context())


@pytest.mark.parametrize("code", [40164, 45011, 50002])
def test_a_refusal_leaves_no_archive(
    backups: AccountBackups, wechat: Wechat, folder: Path, code: int
) -> None:
    wechat.fail_next("/cgi-bin/material/batchget_material", code, "no")
    with pytest.raises(WeChatRefused, match=str(code)):
        backups.take(wechat.address, Context())
    assert list(folder.iterdir()) == []
    assert backups.all() == ()


def test_a_cancelled_one_leaves_no_archive(
    backups: AccountBackups, wechat: Wechat, folder: Path
) -> None:
    def stop(progress: Progress) -> None:
        threading.Thread(target=context.cancel).start()

    context = Context(stop)
    with pytest.raises(Cancelled):
        backups.take(wechat.address, context)
    assert list(folder.iterdir()) == []


def test_entries_that_move_between_two_pages_are_not_lost(
    backups: AccountBackups, wechat: Wechat
) -> None:
    """A picture that is deleted while the list is read shifts the next page by one."""
    asked: list[int] = []

    class Moving(WeChat):
        def call(self, path: str, body: Any = None) -> Json:
            if (body or {}).get("type") == "image" and body["offset"] == 40 and not asked:
                asked.append(1)
                change(wechat, lambda held: held["material"]["image"].pop(3))
            return super().call(path, body)

    backups._open = lambda address, context: Moving(address, wechat.secret, context)
    taken = backups.take(wechat.address, Context())
    settings = backups.read(taken.path, Context())
    now = wechat.holdings.load()["material"]["image"]
    assert [one["media_id"] for one in settings.parts["image"]] == [one["media_id"] for one in now]


# ---------------------------------------------------------------- what changed


def told(found: Any) -> list[tuple[str, str, str]]:
    return [(one.part, one.kind, one.name) for one in found.differences]


def test_nothing_changed(backups: AccountBackups, wechat: Wechat) -> None:
    one = backups.take(wechat.address, Context())
    change(wechat, lambda held: [image.update(url="https://signed.example/anew")
                                 for image in held["material"]["image"]])  # fmt: skip
    change(wechat, lambda held: held["tags"][1].update(count=9999))
    other = backups.take(wechat.address, Context())
    assert backups.diff(one.path, other.path, Context()).identical


def test_everything_that_changed_is_told(backups: AccountBackups, wechat: Wechat) -> None:
    before = backups.take(wechat.address, Context())

    def edit(held: Json) -> None:
        services, contact = held["menu"][1]["sub_button"], held["menu"][2]["sub_button"]
        services[0]["url"] = "https://chamber.example/join-us"
        services.pop(1)
        contact.reverse()
        contact.append({"type": "click", "name": "投诉建议", "key": "COMPLAIN"})
        rules = held["autoreply"]["keyword_autoreply_info"]["list"]
        rules[0]["keyword_list_info"][0]["content"] = "加入"
        rules.pop(1)
        rules.append({**rules[0], "rule_name": "新规则"})
        held["autoreply"]["is_add_friend_reply_open"] = 0
        held["autoreply"]["message_default_autoreply_info"]["content"] = "稍后回复。"
        held["material"]["image"].pop(0)
        held["material"]["video"].insert(
            0, {"media_id": "new", "name": "新片.mp4", "update_time": 1}
        )
        held["drafts"][0]["content"]["news_item"][0]["content"] += "改了一句。"
        held["tags"][1]["name"] = "副会长单位"

    change(wechat, edit)
    found = backups.diff(before.path, wechat.address, Context())
    assert told(found) == [
        ("menu", "removed", "会员服务 › 活动报名"),
        ("menu", "changed", "会员服务 › 入会申请"),
        ("menu", "added", "联系我们 › 投诉建议"),
        ("menu", "moved", "联系我们"),
        ("automatic replies", "changed", "answering new followers"),
        ("automatic replies", "changed", "answer to any message"),
        ("automatic replies", "removed", "办公时间"),
        ("automatic replies", "changed", "入会条件"),
        ("automatic replies", "added", "新规则"),
        ("tags", "changed", "副会长单位"),
        ("pictures", "removed", "活动照片-120.jpg"),
        ("videos", "added", "新片.mp4"),
        ("drafts", "changed", "关于征集会员需求的通知"),
    ]
    first = found.differences[1]
    assert first.before == "opens https://chamber.example/join"
    assert first.after == "opens https://chamber.example/join-us"
    rule = next(one for one in found.differences if one.name == "入会条件")
    assert "contains “加入”" in rule.after
    assert not found.identical


def test_a_part_that_one_side_lacks_is_not_called_equal(
    backups: AccountBackups, wechat: Wechat
) -> None:
    one = backups.take(wechat.address, Context())
    wechat.configure(certified=False)
    found = backups.diff(one.path, wechat.address, Context())
    assert found.differences == ()  # the menu is told by the console's interface
    assert [line for line in found.unknown if line.startswith("Not compared: tags.")]
    assert not found.identical


def test_archives_of_two_accounts_are_not_compared(
    backups: AccountBackups, wechat: Wechat, folder: Path, tmp_path: Path
) -> None:
    one = backups.take(wechat.address, Context())
    with Wechat(tmp_path / "other") as second:
        backups._open = lambda address, context: WeChat(address, second.secret, context)
        other = backups.take(second.address, Context())
        with pytest.raises(OpsError, match="is of the account"):
            backups.diff(one.path, other.path, Context())


# ---------------------------------------------------------------- the menu set back


def spoil(held: Json) -> None:
    held["menu"] = [{"type": "click", "name": "空", "key": "X", "sub_button": []}]


def test_the_menu_comes_back_and_can_be_taken_back(
    backups: AccountBackups, wechat: Wechat, database: Database
) -> None:
    good = backups.take(wechat.address, Context())
    menu = wechat.holdings.load()["menu"]
    change(wechat, spoil)
    preview = backups.preview_menu(good.path, wechat.address, Context())
    assert [(one.kind, one.name) for one in preview.differences][:2] == [
        ("removed", "空"),
        ("added", "官网"),
    ]
    assert preview.after.lines()[0] == "├ 官网: opens https://chamber.example/"
    assert preview.refused == ()
    assert wechat.holdings.load()["menu"][0]["name"] == "空"  # nothing was written
    done = backups.restore_menu(good.path, wechat.address, Context(), confirm=good.account)
    assert done.proved
    assert menu_of({"menu": {"menu": {"button": wechat.holdings.load()["menu"]}}}) == menu_of(
        {"menu": {"menu": {"button": menu}}}
    )
    assert backups.preview_menu(good.path, wechat.address, Context()).identical
    assert done.safety.purpose == "account-safety"
    journal = Journal(database, actor=lambda: "Zhang")
    [entry] = journal.entries("account")
    assert (entry.action, entry.note["proved"]) == ("menu restored", True)
    assert entry.note["digest"] == good.digest
    assert journal.verify().ok
    backups.restore_menu(done.safety.path, wechat.address, Context(), confirm=good.account)
    assert wechat.holdings.load()["menu"][0]["name"] == "空"


def test_without_the_app_id_nothing_is_written(backups: AccountBackups, wechat: Wechat) -> None:
    good = backups.take(wechat.address, Context())
    change(wechat, spoil)
    with pytest.raises(OpsError, match="not confirmed"):
        backups.restore_menu(good.path, wechat.address, Context(), confirm="yes")
    assert wechat.holdings.load()["menu"][0]["name"] == "空"
    assert len(backups.all()) == 1


def test_an_account_that_may_not_set_its_menu_is_told_so(
    backups: AccountBackups, wechat: Wechat
) -> None:
    good = backups.take(wechat.address, Context())
    change(wechat, spoil)
    wechat.configure(certified=False)
    assert any("48001" in why for why in backups.preview_menu(
        good.path, wechat.address, Context()).refused)  # fmt: skip
    with pytest.raises(OpsError, match="may not set its menu") as caught:
        backups.restore_menu(good.path, wechat.address, Context(), confirm=good.account)
    assert caught.value.unharmed == "The menu was not changed."
    assert wechat.holdings.load()["menu"][0]["name"] == "空"


def test_a_refusal_of_wechat_leaves_the_menu(backups: AccountBackups, wechat: Wechat) -> None:
    good = backups.take(wechat.address, Context())
    change(wechat, spoil)
    wechat.fail_next("/cgi-bin/menu/create", 40018, "invalid button name size")
    with pytest.raises(WeChatRefused, match="40018") as caught:
        backups.restore_menu(good.path, wechat.address, Context(), confirm=good.account)
    assert caught.value.unharmed == "The menu was not changed."
    assert wechat.holdings.load()["menu"][0]["name"] == "空"


def test_a_menu_read_back_otherwise_is_no_proof(
    backups: AccountBackups, wechat: Wechat, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = backups.take(wechat.address, Context())
    monkeypatch.setattr(Context, "wait", lambda self, seconds: None)

    class Forgetful(WeChat):
        def call(self, path: str, body: Any = None) -> Json:
            answer = super().call(path, body)
            if path == "/cgi-bin/menu/create":
                change(wechat, lambda held: held["menu"].pop())
            return answer

    change(wechat, spoil)
    backups._open = lambda address, context: Forgetful(address, wechat.secret, context)
    done = backups.restore_menu(good.path, wechat.address, Context(), confirm=good.account)
    assert not done.proved
    assert "联系我们" in [one.name for one in done.differences]


def test_an_archive_of_another_account_is_refused(backups: AccountBackups, wechat: Wechat) -> None:
    good = backups.take(wechat.address, Context())
    other = AccountAddress("wx-other", wechat.base_url)
    with pytest.raises(OpsError, match="is of the account"):
        backups.restore_menu(good.path, other, Context(), confirm="wx-other")


def test_a_menu_beyond_the_limits_is_refused_before_anything_is_sent() -> None:
    def why(*buttons: Button) -> str:
        return " ".join(refusals(Menu(buttons)))

    page = (("url", "https://a.example"),)
    assert why(Button("官网", "view", page)) == ""
    assert "holds no menu" in why()
    assert "40016" in why(*(Button(str(n), "view", page) for n in range(4)))
    assert "40018" in why(Button("六个汉字的名", "view", page))
    assert "40025" in why(Button("服务", subs=(Button("字" * 21, "view", page),)))
    assert "40023" in why(Button("服务", subs=tuple(Button(str(n), "view", page)
                                                  for n in range(6))))  # fmt: skip
    assert "40022" in why(Button("a", subs=(Button("b", subs=(Button("c", "view", page),)),)))
    assert "console" in why(Button("文字", "text", (("value", "你好"),)))
    assert "url" in why(Button("空", "view"))


def test_a_menu_of_the_console_is_read_in_its_own_form() -> None:
    told = {
        "is_menu_open": 1,
        "selfmenu_info": {
            "button": [
                {"name": "菜单", "sub_button": {"list": [
                    {"type": "view", "name": "官网", "url": "https://a.example"}]}},
                {"type": "text", "name": "文字", "value": "你好"},
            ]
        },
    }  # fmt: skip
    menu = menu_of({"menu": None, "selfmenu": told})
    assert menu.lines() == (
        "├ 菜单: unfolds 1 buttons",
        "│ └ 官网: opens https://a.example",
        "└ 文字: answers with text: 你好",
    )
    assert menu_of({"menu": None, "selfmenu": {**told, "is_menu_open": 0}}) == Menu(())
    assert list(compare_menus({"selfmenu": told}, {"selfmenu": told})) == []


@pytest.mark.parametrize("arrived", [True, False])
def test_a_line_cut_before_the_answer_is_settled_by_reading_back(
    backups: AccountBackups, wechat: Wechat, monkeypatch: pytest.MonkeyPatch, arrived: bool
) -> None:
    good = backups.take(wechat.address, Context())
    change(wechat, spoil)
    monkeypatch.setattr(Context, "wait", lambda self, seconds: None)

    class Cut(WeChat):
        def call(self, path: str, body: Any = None) -> Json:
            if path != "/cgi-bin/menu/create":
                return super().call(path, body)
            if arrived:
                super().call(path, body)
            raise OpsError("The line was cut.")

    backups._open = lambda address, context: Cut(address, wechat.secret, context)
    if arrived:
        done = backups.restore_menu(good.path, wechat.address, Context(), confirm=good.account)
        assert done.proved
    else:
        with pytest.raises(OpsError, match="The line was cut") as caught:
            backups.restore_menu(good.path, wechat.address, Context(), confirm=good.account)
        assert caught.value.unharmed == "The menu was not changed."
        assert wechat.holdings.load()["menu"][0]["name"] == "空"


def test_a_line_that_stays_cut_is_not_called_either(
    backups: AccountBackups, wechat: Wechat
) -> None:
    good = backups.take(wechat.address, Context())
    change(wechat, spoil)

    class Dead(WeChat):
        dead = False

        def call(self, path: str, body: Any = None) -> Json:
            Dead.dead = Dead.dead or path == "/cgi-bin/menu/create"
            if Dead.dead:
                raise OpsError("The line was cut.")
            return super().call(path, body)

    backups._open = lambda address, context: Dead(address, wechat.secret, context)
    with pytest.raises(OpsError, match="not known whether") as caught:
        backups.restore_menu(good.path, wechat.address, Context(), confirm=good.account)
    assert "-safety-" in caught.value.unharmed


def test_a_sealed_archive_is_compared_and_set_back(
    backups: AccountBackups, wechat: Wechat, tmp_path: Path
) -> None:
    secret = age.new_identity()
    public = age.public_key(secret)
    backups._seals = Seals(
        lambda: [public], lambda: [secret], PlainCopies(tmp_path / "opened"), on=lambda: True
    )
    taken = backups.take(wechat.address, Context())
    assert taken.sealed
    assert taken.path.name.endswith(".account.zst.age")
    assert backups.verify(taken.path, Context()).ok
    change(wechat, spoil)
    assert not backups.diff(taken.path, wechat.address, Context()).identical
    done = backups.restore_menu(
        taken.path, wechat.address, Context(), confirm=wechat.address.app_id
    )
    assert done.proved
    assert done.safety.sealed
    backups._seals = Seals(lambda: [public], tuple, PlainCopies(tmp_path / "opened"))
    with pytest.raises(NoIdentity):
        backups.diff(taken.path, wechat.address, Context())
