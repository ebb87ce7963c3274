"""The small matters of the year: questions, and requests that are done within hours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from gmops_desktop.contract.tickets import Priority
from sandbox.year.life import CONTACT, SECOND, THIRD, Life

Work = Callable[[Life], None]


def question(title: str, by: str, minutes: float, hours: float) -> Work:
    """Return what lives through a question: taken up after minutes, answered after hours."""

    def asked(life: Life) -> None:
        ticket = life.ticket("question", title, by, 4)
        life.answer(ticket, minutes)
        life.finish(ticket, by=by, hours=hours, said="明白了", text="已答复，附图文步骤。")

    return asked


def request(
    title: str, by: str, minutes: float, hours: float, done: str, priority: Priority = 3
) -> Work:
    """Return what lives through a request for the website."""

    def wanted(life: Life) -> None:
        site = life.the("website").id
        ticket = life.ticket("request", title, by, priority, resource_id=site)
        life.answer(ticket, minutes)
        life.finish(ticket, by=by, hours=hours, said="核对无误", text=done)

    return wanted


DIARY: Final = (
    (date(2025, 4, 9), "15:30", question("推文里的视频如何替换？", CONTACT, 12, 0.8)),
    (date(2025, 5, 8), "10:10", request("上传会员大会照片集（46 张）", THIRD, 16, 3.5,
                                        "已压缩、加水印并上传，三端显示正常。")),
    (date(2025, 5, 15), "14:20", question("后台编辑误删草稿能否找回？", SECOND, 8, 1.2)),
    (date(2025, 5, 27), "09:45", request("更新理事会名单", CONTACT, 10, 1.6, "名单已更新。")),
    (date(2025, 6, 5), "11:20", request("增加“政策申报”栏目入口", THIRD, 22, 5.5,
                                        "栏目已建，首页与公众号菜单均可进入。")),
    (date(2025, 6, 12), "16:05", question("如何导出报名名单？", CONTACT, 7, 0.5)),
    (date(2025, 6, 18), "09:15", request("首页悬浮窗：端午放假安排下线", CONTACT, 5, 0.6,
                                         "已下线，缓存已清。", 2)),
    (date(2025, 7, 16), "10:30", request("更换会员服务热线号码", CONTACT, 9, 1.1,
                                         "页脚、联系我们、自动回复三处已改。", 2)),
    (date(2025, 8, 7), "15:10", question("公众号粉丝数与后台不一致？", THIRD, 13, 0.9)),
    (date(2025, 8, 26), "10:00", request("新增三家副会长单位链接", THIRD, 18, 2.4, "已上线。")),
    (date(2025, 9, 18), "14:40", request("中秋慰问推文排版", CONTACT, 11, 2.8, "已排版。")),
    (date(2025, 10, 15), "09:50", question("浏览器提示证书更换是否正常？", THIRD, 6, 0.4)),
    (date(2025, 10, 28), "11:15", request("下载专区补传申报表", CONTACT, 14, 1.3, "已上传。")),
    (date(2025, 11, 5), "09:20", question("公众号留言功能如何开启？", THIRD, 11, 1)),
    (date(2025, 11, 27), "16:20", request("调整导航顺序", CONTACT, 20, 2.2, "已按要求调整。")),
    (date(2025, 12, 16), "10:35", request("年终总结大会直播页面", CONTACT, 15, 7.5,
                                          "直播页已上线，试播正常。", 2)),
    (date(2026, 1, 8), "15:00", question("如何给栏目设置置顶？", THIRD, 9, 0.6)),
    (date(2026, 1, 27), "10:10", request("春节放假公告与轮播图", CONTACT, 8, 1.9, "已上线。")),
    (date(2026, 2, 4), "11:00", question("春节值班电话是哪一个？", CONTACT, 5, 0.5)),
    (date(2026, 2, 25), "09:40", request("轮播图恢复常规版", CONTACT, 12, 0.9, "已恢复。")),
)  # fmt: skip
