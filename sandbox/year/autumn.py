"""July to the next March: a release taken back, a full disk, an emergency, and the acceptance."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.steps import Handed
from sandbox.year.life import CONTACT, HAND, LEADER, MATE, THIRD, TOLD, Life, at
from sandbox.year.past import Outage
from sandbox.year.spring import inspected

# What people write into the year's report themselves.
WORDS: Final = {
    "overview": "全年平台运行平稳。4 月 15 日会员大会报名高峰期间发生一次严重故障，45 分钟内恢复，"
    "当月完成整改；1 月 14 日的中断系云厂商网络故障。全年每月做一次恢复演练，全部通过。",
    "advice": "调试日志未及时关闭曾使系统盘接近写满，已改为到期自动关闭；"
    "建议甲方为后台批量删除增加二次确认。",
    "plan": "建议下一年度升级数据库规格，并在会员大会等高峰前一周共同做一次压力测试。",
}


def slow_promise(life: Life) -> None:
    """A promise that is missed."""
    tickets = life.services.tickets
    ticket = life.ticket("incident", "报名表导出的文件名乱码", THIRD, 3, channel="微信群")
    life.answer(ticket, 20)
    tickets.facts.agree(ticket.id, by=THIRD, channel="微信")
    tickets.facts.scope(ticket.id, "only_here", "仅 Windows 自带压缩工具打开时出现")
    tickets.facts.cause(ticket.id, "导出文件名未按 RFC 5987 编码", "party_b")
    tickets.promise(ticket.id, life.now + timedelta(hours=6), "当日修复")
    life.finish(ticket, by=THIRD, hours=22, said="可以正常打开", text="已改为标准编码。")


def back_again(life: Life) -> None:
    """Release 2.1 goes live and is taken back: its pages are slow."""
    source = life.box.folder / "website" / "delivered" / "2.1"
    _next_release(life, source)
    change = life.services.releases.queue(
        life.the("host"), source, Context(), title="官网 2.1 发布（首页改版）"
    )
    life.noted["back"] = change.id
    life.through_gates(change, text="首页改版，按甲方设计稿实施。", days=Decimal(0), minutes=5)
    life.papers.notice(change.id, language="en", sample="notice.en")


def back_again_applied(life: Life) -> None:
    patches, host = life.services.patches, life.the("host")
    change = life.services.patches.get(life.noted["back"])
    life.apply(change)
    life.wait(minutes=18)
    patches.roll_back(
        host, change.id, Context(), confirm=change.number,
        reason="改版首页在旧款手机上错位，甲方要求先退回旧版。",
    )  # fmt: skip
    life.papers.change_record(change.id, sample="change_record-taken-back")


def _next_release(life: Life, source: Path) -> None:
    import shutil

    shutil.copytree(life.box.folder / "website" / "program", source)
    page = source / "page.html"
    page.write_text(page.read_text("utf-8").replace("<body", '<body class="redesign"'), "utf-8")


def taught_again(life: Life) -> None:
    ledgers = life.services.ledgers
    line = ledgers.add(
        "training", "信息安全与账号管理培训", people=(CONTACT, THIRD), by=HAND,
        hours=Decimal("1.5"), text="口令与二次验证、公众号运营者权限、钓鱼邮件识别。",
        paper="签到表-20250722（已签）.pdf",
    )  # fmt: skip
    life.attach("register", line.id, line.paper)


def leaking(life: Life) -> None:
    """From here on somebody's debug log fills the disk."""
    life.past.cleaned(life.now, 69.0, 1.02)


def full(life: Life) -> None:
    """The alert of the full disk has opened a ticket by itself; it is worked on."""
    tickets = life.services.tickets
    found = [one for one in tickets.all() if not one.requester and not one.closed_at]
    if not found:
        raise AssertionError("the full disk opened no ticket")
    ticket = found[0]
    life.noted["disk"] = ticket.number
    life.answer(ticket, 30, "检查 /var/log，php-fpm 调试日志占 21 GB。")
    tickets.facts.agree(ticket.id, by=CONTACT, channel="微信")
    tickets.facts.scope(ticket.id, "only_here", "数据库所在盘正常")
    tickets.facts.cause(
        ticket.id, "8 月 1 日排查报名问题时打开的调试日志未关闭，每日增长约 1 GB", "party_b"
    )
    tickets.facts.hand_over(
        ticket.id, [Handed("php-fpm log_level", "configuration", before="debug", after="warning")]
    )
    life.wait(hours=1)
    life.past.cleaned(life.now, 61.0, 0.045)
    life.finish(ticket, hours=1, said="知悉，已恢复正常", text="已关闭调试日志并清理，保留 30 天。")


def urgent(life: Life) -> None:
    """A hole that is used already: patched without notices, as a special emergency."""
    patches, host = life.services.patches, life.the("host")
    patches.scan(host, Context())
    change = patches.queue(host, Context(), names=("curl", "linux-image-amd64"))
    why = "漏洞正被利用，来不及逐级公告；已电话征得李慧敏同意"
    life.through_gates(
        change, text="修补正被利用的提权漏洞（内核）与 curl 漏洞。", minutes=15,
        skip=("users", "leaders"), why=why,
    )  # fmt: skip
    life.apply(change)
    life.past.booted = life.now
    life.wait(hours=11)
    life.hand_over(change, "运维手册 V1.4（附录 软件版本）.docx")
    life.papers.change_record(change.id)
    life.settle_own(f"变更 {change.number} 重启了服务器", "已核实各服务正常，与变更窗口一致。")


def mistaken(life: Life) -> None:
    """Members are deleted by mistake and restored from the night's backup."""
    services = life.services
    ticket = life.ticket("incident", "误删活动报名记录，请求恢复", CONTACT, 2, channel="电话",
                         resource_id=life.the("mysql").id)  # fmt: skip
    life.answer(ticket, 5)
    facts = services.tickets.facts
    facts.agree(ticket.id, by=CONTACT, channel="电话")
    facts.scope(ticket.id, "only_here")
    facts.cause(
        ticket.id, "后台批量删除时勾选了全部记录", "party_a", evidence=("后台操作日志 20251021",)
    )
    life.spoil("DELETE FROM event_signup")
    newest = next(one for one in services.backups.all() if one.purpose == "backup")
    address = life.the("mysql").address
    assert isinstance(address, MysqlAddress)
    services.restores.run(newest.path, address, Context(), confirm=address.schema)
    facts.restored(ticket.id, text="从当日凌晨备份还原，摘要逐表一致。")
    life.finish(ticket, hours=0.5, said="报名记录已恢复", text="已还原并核对。")


def renewed_certificate(life: Life) -> None:
    """Its alert opened a ticket thirty days before the end."""
    life.past.certificate = life.now + timedelta(days=365)
    life.settle_own("证书将满一年，到期前更换", "新证书有效期一年，已更换；浏览器显示新证书。")


def topic(life: Life) -> None:
    """The largest modification of the year."""
    tickets, ledgers = life.services.tickets, life.services.ledgers
    ticket = life.ticket("requirement", "年度评优专题页面", CONTACT, 3, channel="邮件",
                         description="评优公告、申报表下载、结果公示三个栏目。")  # fmt: skip
    life.answer(ticket, 50)
    ledgers.estimate(
        ticket.number, Decimal(4), by=LEADER, text="页面 2.5 人天，后台 1 人天，测试 0.5 人天。"
    )
    ledgers.agree(ticket.number, by=CONTACT, channel="邮件")
    tickets.move(ticket.id, "working")
    for days in ("2", "1.5", "0.5"):
        life.wait(hours=30)
        ledgers.book(ticket.number, Decimal(days))
    tickets.facts.interrupts(ticket.id, True)
    tickets.facts.announce(ticket.id, TOLD)
    tickets.move(ticket.id, "implementing")
    manual = life.attach("ticket", ticket.id, "评优专题维护说明.docx")
    tickets.facts.hand_over(ticket.id, [Handed(manual.name, "document", manual.sha256)])
    life.finish(ticket, hours=3, said="专题上线，验收通过", text="已上线。")


def verified(life: Life) -> None:
    """The yearly verification of the account; its alert opened a ticket thirty days before."""
    until = date(2026, 12, 18)
    line = life.services.ledgers.add(
        "verification", "公众号年审", by=MATE, until=until, paper="年审通过通知 20251118",
        text="主体资料未变，审核费已由乙方代缴。",
    )  # fmt: skip
    life.attach("register", line.id, "年审通过通知-20251118.png")
    life.past.review = until
    life.settle_own("年审每年一次，到期前办理", "年审通过，有效期至 2026-12-18。", hours=26)


def gateway(life: Life) -> None:
    """An outage that is the cloud's, and takes Party A a decision."""
    began = at(life.today, "15:20")
    life.past.outages.append(Outage(began, began + timedelta(minutes=95), 504, unit=False))
    life.until(life.today, "15:40")
    tickets = life.services.tickets
    ticket = life.ticket("incident", "官网间歇无法访问（504）", CONTACT, 1, channel="电话",
                         resource_id=life.the("website").id)  # fmt: skip
    life.answer(ticket, 4)
    tickets.facts.agree(ticket.id, by=CONTACT, channel="电话")
    tickets.facts.scope(ticket.id, "elsewhere", "同一地域其他网站同样超时")
    tickets.facts.cause(ticket.id, "云厂商该可用区出口网络故障", "third_party",
                        evidence=("云厂商故障公告 20260114",))  # fmt: skip
    tickets.promise(ticket.id, at(life.today, "19:00"), "")
    tickets.move(ticket.id, "suspended", "等待云厂商恢复网络", waiting_on="third_party")
    life.wait(hours=1.2)
    tickets.move(ticket.id, "working")
    tickets.facts.restored(ticket.id)
    life.merge_alerts(ticket)
    life.finish(ticket, hours=0.6, said="已恢复访问")


def accepted(life: Life) -> None:
    """The year is over: its own papers."""
    papers = life.papers
    for section, text in WORDS.items():
        papers.said("annual", "2025", section, text)
    papers.make("compilation", "", sample="compilation")
    papers.make("fees", "", sample="fees")
    papers.sign(papers.make("annual", "2025", sample="annual"))
    papers.make("annual", "2025", language="en", corrects="English edition", sample="annual.en")


DIARY: Final = (
    (date(2025, 7, 3), "10:20", slow_promise),
    (date(2025, 7, 9), "21:00", back_again),
    (date(2025, 7, 9), "21:05", back_again_applied),
    (date(2025, 7, 22), "14:30", taught_again),
    (date(2025, 8, 1), "18:00", leaking),
    (date(2025, 8, 17), "18:20", full),
    (date(2025, 9, 6), "18:40", renewed_certificate),
    (date(2025, 9, 11), "19:30", urgent),
    (date(2025, 9, 30), "17:00", inspected),
    (date(2025, 10, 21), "10:05", mistaken),
    (date(2025, 11, 18), "07:20", verified),
    (date(2025, 11, 24), "09:30", topic),
    (date(2025, 12, 31), "17:00", inspected),
    (date(2026, 1, 14), "15:20", gateway),
    (date(2026, 3, 6), "16:00", inspected),
    (date(2026, 3, 6), "18:30", accepted),
)
