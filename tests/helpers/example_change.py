"""Changes as the documents of a change tell them: a patch, a release, a configuration change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from example_month import CONTRACT, full_month
from gmops_desktop.contract.change_checks import Checked, Checks
from gmops_desktop.contract.rollbacks import RollbackPlan, RollbackStep
from gmops_desktop.contract.terms import ZONE
from gmops_desktop.reports.change_facts import (
    Approval,
    ChangeFacts,
    Confirmation,
    GateLine,
    Item,
    NoticeFacts,
    RecordFacts,
    RunLine,
    StepLine,
    Told,
)
from gmops_desktop.reports.facts import Override

HEADS = full_month().heads
OLD, NEW = "71c09ae2" * 8, "e5b3207d" * 8
DIFF = """\
--- /etc/nginx/conf.d/site.conf
+++ /etc/nginx/conf.d/site.conf
@@ -3,7 +3,8 @@
     server_name www.gm-gsl.cn;
     location / {
-        client_max_body_size 8m;
+        client_max_body_size 32m;
+        proxy_set_header Authorization "（已隐去）";
         proxy_pass http://127.0.0.1:8080;
     }
"""


def at(day: int, hour: int = 9, minute: int = 0, second: int = 0) -> datetime:
    """Return a time of April 2018 in Beijing."""
    return datetime(2018, 4, day, hour, minute, second, tzinfo=ZONE).astimezone(UTC)


PATCH = ChangeFacts(
    change_id="018f2a6b-0000-7e3a-9b52-000000000001",
    number="C-0012",
    kind="patch",
    title="web1 安全更新 3 项（openssl、nginx、linux-image）",
    server="web1（10.0.0.4，Debian 12）",
    contract=CONTRACT,
    state="awaiting_notice",
    created_at=at(17, 10, 12),
    requested_by="王㛃",
    ticket="T-0031 官网服务器安全漏洞通报",
    why="市网信办通报 OpenSSL 高危漏洞 CVE-2018-0739，官网服务器在列，需于 4 月 25 日前修复。"
    "随同升级 nginx 与内核；升级后 nginx、php7.4-fpm 重启，内核更新需重启服务器一次。",
    risk="中：nginx 配置格式有变，已在沙箱演练；重启后若 SSH 不可达，"
    "改用腾讯云自动化助手（TAT）处置。",
    assessed_by="陈建国（项目经理）",
    person_days=Decimal("0.5"),
    downtime_minutes=20,
    window_begin=at(20, 22),
    window_end=at(20, 23, 30),
    items=(
        Item("package", "openssl", "1.1.0f-3+deb9u1", "1.1.0f-3+deb9u2",
             "Debian-Security，高危，CVE-2018-0739、CVE-2018-0733", security=True),
        Item("package", "nginx-light", "1.10.3-1+deb9u1", "1.10.3-1+deb9u2",
             "Debian-Security，中危，CVE-2017-20005", security=True),
        Item("package", "linux-image-amd64", "4.9+80+deb9u3", "4.9+80+deb9u4", "Debian"),
        Item("package", "linux-image-4.9.0-6-amd64", "", "4.9.82-1+deb9u3", "新装，42.1 MB"),
    ),
    services=("nginx.service", "php7.4-fpm.service"),
    reboot=True,
    restarts=(
        "结束时重启服务器：重启后才运行新内核（linux-image-amd64、linux-image-4.9.0-6-amd64）。",
        "随软件包一并重启：nginx.service、php7.4-fpm.service。",
    ),
    simulated_at=at(19, 15, 40),
    rollback=RollbackPlan(
        at(19, 15, 42),
        (
            RollbackStep("packages",
                         "从预先下载的旧版本包恢复 openssl、nginx-light、linux-image-amd64。",
                         "", "nginx 中断约 1 分钟"),
            RollbackStep("kernel", "启动菜单改回旧内核并重启服务器。", "", "停机约 3 分钟"),
            RollbackStep("snapshot", "以上无效时，回滚云硬盘快照 snap-8x2k1。",
                         "快照（4 月 20 日 21:30）之后写入系统盘的全部数据",
                         "停机约 15 分钟；快照存储费 0.12 元/GB/月"),
        ),
    ),
    told=(
        Told("users", "官网公告《4 月 20 日夜间停机维护通知》及公众号推送", at(19, 17, 5), "张伟"),
        Told("leaders", "工商联办公室发文〔2018〕17 号", at(19, 17, 30), "张伟"),
        Told("responsible"),
    ),
    performer="张伟",
    phone="0755-0000 0008",
)  # fmt: skip
RELEASE = replace(
    PATCH, kind="release", number="C-0015", title="会员风采栏目按行业筛选 v2.3.0",
    items=(
        Item("file", "app/Http/Controllers/MemberController.php", OLD, NEW, "6.2 KB"),
        Item("file", "resources/views/members/filter.blade.php", "", NEW, "3.1 KB"),
        Item("file", "public/js/old-filter.js", OLD, "", "1.8 KB"),
        Item("database", "before/001_industry.sql", "", NEW, "3 条语句"),
    ),
    services=("php7.4-fpm.service",), reboot=False,
    rollback=RollbackPlan(
        at(19, 15, 42),
        (
            RollbackStep("switch", "切回原发布目录 releases/2018-03-28-v2.2.1。"),
            RollbackStep("database", "按备份差异还原数据库 chamber。",
                         "备份之后写入的行（预览为 12 行）", "还原期间官网只读约 2 分钟"),
        ),
    ),
)  # fmt: skip
CONFIGURATION = replace(
    PATCH, kind="configuration", number="C-0016", title="放宽附件上传限制至 32 MB",
    items=(Item("configuration", "/etc/nginx/conf.d/site.conf", OLD, NEW, "nginx -t 通过"),),
    diff=DIFF, services=("nginx.service",), reboot=False, downtime_minutes=0,
    rollback=RollbackPlan(at(19, 15, 42), (RollbackStep("file", "恢复原文件并重新加载 nginx。"),)),
)  # fmt: skip
EMERGENCY = Override(at(20, 21, 50), "张伟", "相关负责人已告知", "漏洞已被利用，网信办要求当晚处置")
RUN = RunLine(
    id="018f2a6b-1111-7e3a-9b52-1a2b3c4d5e6f",
    purpose="apply",
    state="done",
    by="张伟",
    status=0,
    began_at=at(20, 22, 3, 11),
    ended_at=at(20, 22, 14, 36),
    steps=(
        StepLine("核对软件包管理器", at(20, 22, 3, 11), at(20, 22, 3, 14), 0),
        StepLine("安装 4 个软件包", at(20, 22, 3, 14), at(20, 22, 9, 2), 0),
        StepLine("重启服务器", at(20, 22, 9, 2), at(20, 22, 12, 50), 0),
        StepLine("核对新内核与服务", at(20, 22, 12, 50), at(20, 22, 14, 36), 0),
    ),
    log_digest="9d4e1c77" * 8,
    log_bytes=48_211,
    tail="Setting up nginx-light (1.10.3-1+deb9u2) ...\nProcessing triggers for libc-bin ...\n"
    "boot-id 5c1f… -> a077…\n全部服务已启动",
    restarted=True,
)


def checks(after: bool = False, *, worse: bool = False) -> Checks:
    """Return what was looked at before or after."""
    return Checks(
        at(20, 22, 20) if after else at(20, 21, 48),
        (
            Checked("page:/", "官网首页", "critical" if worse else "ok",
                    "HTTP 502，3 次" if worse else "HTTP 200，关键词“工商联”在，0.21 s"),
            Checked("unit:nginx.service", "nginx", "ok", "运行中"),
            Checked("unit:php7.4-fpm.service", "php7.4-fpm", "ok", "运行中"),
            Checked("mysql", "数据库 chamber", "ok", "可连接，24 张表"),
            Checked("cert", "证书", "ok", "还有 214 天到期"),
            Checked("kernel", "内核", "ok", "4.9.0-6-amd64" if after else "4.9.0-5-amd64",
                    "6" if after else "5"),
            Checked("disk:/", "磁盘 /", "warning", "已用 81 %"),
            Checked("errors", "错误日志", "ok", "每小时 2 条"),
        ),
    )  # fmt: skip


GATES = (
    GateLine("已评估", True, "陈建国 2018-04-18 09:30，0.5 人天"),
    GateLine("广大用户已告知", True, "官网公告《4 月 20 日夜间停机维护通知》及公众号推送"),
    GateLine("各级领导已告知", True, "工商联办公室发文〔2018〕17 号"),
    GateLine("相关负责人已告知", False, "", "甲方尚未告知，或缺少证据。", EMERGENCY.reason),
    GateLine("在窗口之内", True, "2018-04-20 22:00 至 23:30"),
    GateLine("新的、已校验的备份", True, "chamber@10.0.0.4 2018-04-20 21:15，已校验"),
    GateLine("云硬盘快照", True, "snap-8x2k1 2018-04-20 21:30 NORMAL"),
    GateLine("磁盘空间足够", True, "可用 18.4 GB，需要 0.6 GB"),
    GateLine("软件包管理器正常", True, "无锁，无半配置的包"),
    GateLine("计划自批准以来未变", True, "2018-04-20 21:58 重新模拟，一致"),
    GateLine("前检无严重、无未知", True, "2018-04-20 21:48，8 项"),
)


def notice() -> NoticeFacts:
    """The notice of the patch."""
    return NoticeFacts(PATCH, at(19, 18), HEADS)


def record() -> RecordFacts:
    """The record of the patch, carried out as planned and confirmed."""
    return RecordFacts(
        change=replace(PATCH, state="handover", emergencies=(EMERGENCY,)),
        at=at(21, 10),
        gates=GATES,
        approvals=(Approval("陈建国", at(19, 16)),),
        runs=(RUN,),
        done=PATCH.items,
        kept_files=("/etc/nginx/nginx.conf",),
        before=checks(),
        after=checks(after=True),
        confirmation=Confirmation(
            "王㛃", at(21, 9, 30), "电话", "官网访问正常", "回执 2018-04-21.pdf"
        ),
        spent_days=Decimal("0.5"),
        heads=HEADS,
    )


def taken_back() -> RecordFacts:
    """The record of the release that was taken back because the front page answered no more."""
    back = replace(
        RUN, purpose="rollback", id="018f2a6b-2222-7e3a-9b52-1a2b3c4d5e6f", restarted=False,
        began_at=at(20, 22, 25), ended_at=at(20, 22, 26, 10),
        steps=(StepLine("切回原发布目录", at(20, 22, 25), at(20, 22, 26, 10), 0),),
        tail="",
    )  # fmt: skip
    return replace(
        record(),
        change=replace(RELEASE, state="rolled_back"),
        runs=(replace(RUN, restarted=False), back),
        done=RELEASE.items[1:],
        after=checks(after=True, worse=True),
        rollback_reason="首页返回 502，业务中断",
        confirmation=None,
        kept_files=(),
    )
