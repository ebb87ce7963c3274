"""March to June: settled in, a grave fault and what follows from it, the first release."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from gmops_desktop.context import Context
from gmops_desktop.contract.steps import Handed
from gmops_desktop.contract.thresholds import Limit
from gmops_desktop.errors import OpsError
from sandbox import site_release
from sandbox.year.life import (
    CONTACT,
    END,
    HAND,
    LEADER,
    MATE,
    NUMBER,
    PLANNER,
    SECOND,
    START,
    THIRD,
    TOLD,
    Life,
    at,
)
from sandbox.year.past import Outage

# Nights in which the machine that looks was off; days of which every ten minutes are told.
NOBODY_LOOKED: Final = (
    ((date(2025, 4, 11), "20:30"), (date(2025, 4, 12), "07:30")),
    ((date(2025, 6, 8), "18:00"), (date(2025, 6, 9), "08:30")),
    ((date(2025, 10, 4), "22:00"), (date(2025, 10, 5), "09:00")),
    ((date(2026, 2, 16), "21:00"), (date(2026, 2, 17), "10:00")),
)
LIVELY: Final = (date(2025, 4, 15), date(2026, 1, 14))


def signed(life: Life) -> None:
    """The contract, under the number of samples; the roster; the first copies."""
    services = life.services
    renewed = services.contracts.current()
    assert renewed is not None
    services.contracts.save_contract(replace(renewed, number=NUMBER, paid_on=None, two_person=True))
    services.settings.change(actor=PLANNER)
    life.take_keys()
    who = {one.name: one.id for one in services.contracts.contacts()}
    services.roster.rotate([who[PLANNER], who[HAND], who[MATE]], START, END)
    # Snapshots are made with each change here, not every night.
    services.limits.set(life.the("cloud"), "snapshot_days", Limit((400, 399)))
    # WeChat tells few when the verification ends; Party A's people read it in the console.
    account = life.the("account")
    services.contracts.save_expiry(f"verification:{account.id}", life.past.review)
    for begin, end in NOBODY_LOOKED:
        life.watching.asleep.append((at(*begin), at(*end)))
    life.watching.lively.update(LIVELY)
    life.watching.look_at_cloud()
    life.watching.look_now()
    life.back_up(files=True, account=True)
    life.papers.letter(life.contract.id, sample="payment")


def paid(life: Life) -> None:
    life.services.contracts.record_payment(life.contract.id, life.today, "银行回单 20250310-07")


def taught(life: Life) -> None:
    ledgers = life.services.ledgers
    line = ledgers.add(
        "training", "官网后台与公众号发布培训", people=(CONTACT, SECOND), by=MATE,
        hours=Decimal(2), text="后台登录与权限、文章发布与撤回、轮播图更换、公众号菜单与自动回复。",
    )  # fmt: skip
    life.noted["training"] = line.id
    life.papers.sign_in(line.id, sample="sign_in")


def taught_signed(life: Life) -> None:
    name = "签到表-20250312（已签）.pdf"
    life.attach("register", life.noted["training"], name)
    life.services.ledgers.complete(life.noted["training"], name)


def asked_menu(life: Life) -> None:
    ticket = life.ticket("question", "公众号自定义菜单如何修改跳转链接？", CONTACT, 4)
    life.answer(ticket, 9)
    life.finish(ticket, hours=0.7, said="已会操作，谢谢", text="发送图文步骤，并远程演示一次。")


def slides(life: Life) -> None:
    ticket = life.ticket(
        "request", "首页轮播图更换三张（会员大会）", SECOND, 3, channel="邮件",
        resource_id=life.the("website").id,
    )  # fmt: skip
    life.answer(ticket, 14)
    life.finish(ticket, by=SECOND, hours=4.2, said="显示正常", text="图片压缩后上传，已清缓存。")


def joins(life: Life) -> None:
    zhao = life.services.contracts.add_contact(
        THIRD, "A", "指定联系人（会员服务部）", "0755-0000 0003", post="designated"
    )
    life.noted["joins"] = zhao.id
    life.papers.letter(zhao.id, sample="contact")


def joins_told(life: Life) -> None:
    life.services.contracts.contact_notified(life.noted["joins"], "甲方盖章通知 2025-04-08")


def broken(life: Life) -> None:
    """The fault: connections run out, the site answers 502, and a visit on the same day."""
    tickets, facts, past = life.services.tickets, life.services.tickets.facts, life.past
    began = at(life.today, "10:05")
    past.outages.append(Outage(began, began + timedelta(minutes=52)))
    life.until(life.today, "10:12")
    ticket = life.ticket(
        "incident", "官网首页与后台无法打开（502）", CONTACT, 1, channel="电话",
        resource_id=life.the("website").id,
        description="10:05 起首页报 502，后台也登录不了，正值会员大会报名。",
    )  # fmt: skip
    life.noted["fault"] = ticket.number
    life.answer(ticket, 3, "确认首页与后台均 502，登录服务器检查。")
    facts.agree(ticket.id, by=CONTACT, channel="电话", text="首页、报名页、后台均受影响")
    facts.estimate(ticket.id, 1, 1, "全部访客；会员大会报名中断")
    facts.scope(ticket.id, "only_here", "公众号菜单与自动回复正常，仅官网受影响")
    life.wait(minutes=14)
    facts.cause(
        ticket.id,
        "报名高峰时 PHP-FPM 子进程（上限 5）与数据库连接（上限 151）先后耗尽，请求排队超时，"
        "Nginx 返回 502；服务随后被 systemd 判为失败。",
        "party_b",
    )
    tickets.promise(ticket.id, at(life.today, "12:00"), "先恢复服务，再调整上限")
    life.wait(minutes=28)
    life.past.max_connections = 300
    facts.restored(ticket.id, text="重启 PHP-FPM，首页、报名页、后台逐一打开正常。")
    facts.hand_over(
        ticket.id,
        [
            Handed("MariaDB max_connections", "configuration", before="151", after="300"),
            Handed("php-fpm pm.max_children", "configuration", before="5", after="24"),
        ],
        "当日生效；工作连接数另走配置变更。",
    )
    life.merge_alerts(ticket)
    life.finish(
        ticket, hours=0.8, said="报名恢复正常，观察一小时无异常。",
        text="上限已调整，压力测试 200 并发通过。",
    )  # fmt: skip
    life.papers.make("fault", ticket.number, sample="fault")
    life.papers.hand_over(ticket.id, sample="hand_over")


def visit(life: Life) -> None:
    """On site on the afternoon of the fault: the form is printed there, by who went."""
    with life.as_(HAND):
        _on_site(life)


def _on_site(life: Life) -> None:
    ticket = life.ticket(
        "visit", "上门协助会员大会现场报名", CONTACT, 2, channel="电话",
        description="现场两台报名机、一台投屏，需技术人员驻场至 17:30。",
    )  # fmt: skip
    life.noted["visit"] = ticket.number
    life.answer(ticket, 6, "刘洋 14:00 出发，14:35 到达二楼会议厅。")
    life.wait(hours=2.5)
    life.services.tickets.note(
        ticket.id, "报名机改用备用浏览器；报名页在投屏机上缓存过期，已清；报名 214 人次，无失败。"
    )
    life.services.ledgers.add(
        "visit", "会员大会现场技术支持", people=(HAND,), by=HAND, ticket=ticket.number,
        paper="现场服务单（甲方已签）",
    )  # fmt: skip
    life.papers.make("visit", ticket.number, sample="visit")
    life.finish(ticket, hours=0.6, said="现场已处理，服务单已签。", waits=0.5)


def configured(life: Life) -> None:
    """After the fault: more connections for the web server, through every gate."""
    host, context = life.the("host"), Context()
    path = str(life.box.patch_target.root / "etc/nginx/nginx.conf")
    work = life.services.configurations
    text = work.fetch(host, path, context).content.decode()
    change = work.queue(
        host, path, text.replace("4096;  # by hand", "8192;  # 会员大会后上调"), context,
        check="", reload="", title="上调 Nginx 工作连接数（故障整改）",
        ticket=life.noted["fault"],
    )  # fmt: skip
    life.noted["configuration"] = change.id
    life.through_gates(change, text="故障整改：报名高峰连接数不足。", minutes=2, days=Decimal(0))
    life.papers.notice(change.id, sample="notice-configuration")


def configured_applied(life: Life) -> None:
    change = life.services.patches.get(life.noted["configuration"])
    life.apply(change)
    life.hand_over(change, "运维手册 V1.3（第 3 章 Web 服务）.docx")
    life.papers.change_record(change.id, sample="change_record-configuration")


def filter_wanted(life: Life) -> None:
    ticket = life.ticket(
        "requirement", "会员名录增加按行业筛选", THIRD, 3,
        description="名录页增加行业下拉框，手机端同样可用；数据用现有“行业”字段。",
    )  # fmt: skip
    life.noted["requirement"] = ticket.number
    life.answer(ticket, 35)
    ledgers = life.services.ledgers
    ledgers.estimate(
        ticket.number, Decimal(2), by=LEADER,
        text="前端筛选 0.5 人天，后端查询与索引 1 人天，测试与上线 0.5 人天。",
    )  # fmt: skip
    ledgers.agree(ticket.number, by=CONTACT, channel="邮件", text="同意按 2 人天实施")
    life.papers.make("evaluation", ticket.number, sample="evaluation")


def filter_done(life: Life) -> None:
    tickets, ledgers = life.services.tickets, life.services.ledgers
    ticket = tickets.get(life.noted["requirement"])
    tickets.move(ticket.id, "working")
    ledgers.book(ticket.number, Decimal("1.5"), "前后端开发")
    tickets.facts.interrupts(ticket.id, True)
    tickets.facts.announce(ticket.id, TOLD)
    life.wait(hours=20)
    tickets.move(ticket.id, "implementing")
    ledgers.book(ticket.number, Decimal("0.5"), "测试与上线")
    manual = life.attach("ticket", ticket.id, "会员名录行业筛选操作说明.docx")
    tickets.facts.hand_over(ticket.id, [Handed(manual.name, "document", manual.sha256)])
    life.finish(ticket, by=THIRD, hours=2, said="手机与电脑均可筛选", text="已上线。")


def patches_queued(life: Life) -> None:
    patches, host = life.services.patches, life.the("host")
    patches.scan(host, Context())
    change = patches.queue(host, Context(), names=("nginx", "openssl", "libssl3"))
    life.noted["patch"] = change.id
    life.through_gates(
        change, text="修补已公布的安全漏洞（Nginx、OpenSSL）；升级后重启 Web 服务。", minutes=5
    )
    life.papers.notice(change.id, sample="notice")


def patches_applied(life: Life) -> None:
    life.apply(life.services.patches.get(life.noted["patch"]))


def patches_over(life: Life) -> None:
    change = life.services.patches.get(life.noted["patch"])
    life.hand_over(change, "运维手册 V1.3（附录 软件版本）.docx")
    life.papers.change_record(change.id, sample="change_record")
    life.papers.change_hand_over(change.id)


def stranger(life: Life) -> None:
    """Somebody who is not designated: once declined, once an emergency."""
    try:
        life.ticket("request", "请帮忙导出全部会员手机号", "钱先生", 3, channel="电话")
    except OpsError:
        life.services.tickets.decline(
            "request", "请帮忙导出全部会员手机号", requester="钱先生", channel="电话"
        )
    else:
        raise AssertionError("a stranger was served")


def defaced(life: Life) -> None:
    ticket = life.ticket(
        "incident", "报名页出现广告弹窗", "会议保障组钱先生", 1, channel="电话",
        emergency="夜间来电，弹窗指向违规网站，先行处置",
        resource_id=life.the("website").id,
    )  # fmt: skip
    life.answer(ticket, 4, "下线第三方统计脚本，弹窗消失。")
    life.services.tickets.facts.cause(
        ticket.id, "第三方访问统计脚本被其服务商投放广告", "third_party",
        evidence=("统计脚本响应存档 20250428",),
    )  # fmt: skip
    life.services.tickets.facts.scope(ticket.id, "elsewhere", "手机版报名页同样引用，已一并下线")
    life.services.tickets.facts.restored(ticket.id)
    life.finish(ticket, hours=14, said="次日上午核实，已无弹窗")


def release_wanted(life: Life) -> None:
    ticket = life.ticket(
        "requirement", "页脚显示服务时间，增加常见问题", CONTACT, 3, channel="邮件"
    )
    life.noted["release_ticket"] = ticket.number
    life.answer(ticket, 25)


def released(life: Life) -> None:
    """Release 2.0, with scripts for the database, comes from a requirement."""
    ticket = life.services.tickets.get(life.noted["release_ticket"])
    source = life.box.folder / "website" / "delivered" / "2.0"
    source.parent.mkdir()
    site_release.make(source)
    change = life.services.releases.queue(
        life.the("host"), source, Context(), database=life.the("mysql").id,
        title="官网 2.0 发布（服务时间、常见问题）", ticket=ticket.number,
    )  # fmt: skip
    life.noted["release"] = change.id
    life.through_gates(
        change, text="按需求单实施；含数据库脚本两份，可回退。", days=Decimal("1.5"), minutes=10
    )
    life.services.ledgers.agree(ticket.number, by=CONTACT, channel="邮件")
    life.papers.notice(change.id, sample="notice-release")


def released_applied(life: Life) -> None:
    tickets = life.services.tickets
    change = life.services.patches.get(life.noted["release"])
    ticket = tickets.get(life.noted["release_ticket"])
    tickets.move(ticket.id, "working")
    life.apply(change)
    life.hand_over(change, "官网 2.0 发布说明.docx", days=Decimal("1.5"))
    life.papers.change_record(change.id)
    life.papers.change_hand_over(change.id, sample="hand_over-release")
    tickets.facts.announce(ticket.id, TOLD)
    life.finish(ticket, hours=1, text="随 2.0 发布上线。", said="页脚与常见问题均正确")


def leaves(life: Life) -> None:
    wang = life.services.contracts.contact(SECOND)
    life.services.contracts.end_contact(wang.id, life.today)
    life.noted["leaves"] = wang.id


def leaves_told(life: Life) -> None:
    life.services.contracts.contact_notified(life.noted["leaves"], "甲方盖章通知 2025-06-24")


def inspected(life: Life) -> None:
    """Look at everything, twice for what only a difference tells, and write the report."""
    life.watching.look_at_cloud()
    life.watching.look_now()
    life.wait(minutes=10)
    life.watching.look_now()
    period, quarter = f"{life.today:%Y-%m}", (life.today.month - 1) // 3 + 1
    made = life.papers.make("inspection", period, sample="inspection" if quarter == 2 else "")
    life.services.ledgers.add(
        "inspection", f"{quarter} 季度巡检", by=PLANNER,
        paper=made.number,
    )  # fmt: skip


DIARY: Final = (
    (date(2025, 3, 6), "09:00", signed),
    (date(2025, 3, 10), "15:20", paid),
    (date(2025, 3, 12), "14:00", taught),
    (date(2025, 3, 12), "16:30", taught_signed),
    (date(2025, 3, 18), "10:40", asked_menu),
    (date(2025, 3, 25), "09:30", slides),
    (date(2025, 3, 31), "17:00", inspected),
    (date(2025, 4, 7), "09:10", joins),
    (date(2025, 4, 8), "11:00", joins_told),
    (date(2025, 4, 15), "10:00", broken),
    (date(2025, 4, 15), "13:40", visit),
    (date(2025, 4, 17), "21:00", configured),
    (date(2025, 4, 17), "21:05", configured_applied),
    (date(2025, 4, 18), "10:00", filter_wanted),
    (date(2025, 4, 22), "14:00", filter_done),
    (date(2025, 4, 24), "21:00", patches_queued),
    (date(2025, 4, 24), "21:05", patches_applied),
    (date(2025, 4, 25), "09:40", patches_over),
    (date(2025, 4, 28), "16:10", stranger),
    (date(2025, 4, 28), "22:40", defaced),
    (date(2025, 5, 12), "10:00", release_wanted),
    (date(2025, 5, 13), "20:00", released),
    (date(2025, 5, 13), "20:30", released_applied),
    (date(2025, 6, 20), "17:00", leaves),
    (date(2025, 6, 24), "10:00", leaves_told),
    (date(2025, 6, 30), "17:00", inspected),
)
