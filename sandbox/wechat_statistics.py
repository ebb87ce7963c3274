"""The statistics of the stand-in's account: which there are, how far they reach, and their rows."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any, Final

Json = dict[str, Any]

# Name: longest span in days.  What stands in a row is in `rows`.
STATISTICS: Final = {
    "getusersummary": 7,
    "getusercumulate": 7,
    "getupstreammsg": 7,
    "getupstreammsgdist": 15,
    "getinterfacesummary": 30,
    "getbizsummary": 30,
    "getarticleread": 1,
    "getarticleshare": 1,
    "getarticletotaldetail": 1,
}
NEW: Final = ("getbizsummary", "getarticleread", "getarticleshare", "getarticletotaldetail")
RETIRED: Final = ("getarticlesummary", "getarticletotal", "getuserread", "getuserreadhour",
                  "getusershare", "getusersharehour")  # fmt: skip


def rows(name: str, day: date) -> list[Json]:
    """Return the rows of one day: the same ones whenever they are asked for."""
    random = Random(f"{name} {day}")
    at: Json = {"ref_date": day.isoformat()}
    readers = random.randint(150, 900)
    if name == "getusersummary":
        return [
            {**at, "user_source": source, "new_user": random.randint(0, most),
             "cancel_user": random.randint(0, 3)}
            for source, most in ((0, 2), (1, 12), (17, 3), (30, 20), (57, 6))
        ]  # fmt: skip
    if name == "getusercumulate":
        return [{**at, "cumulate_user": 8_000 + (day - date(2018, 3, 6)).days * 3}]
    if name == "getupstreammsg":
        return [{**at, "msg_type": 1, "msg_user": random.randint(2, 30),
                 "msg_count": random.randint(30, 90)}]  # fmt: skip
    if name == "getupstreammsgdist":
        return [{**at, "count_interval": 1, "msg_user": random.randint(2, 30)}]
    if name == "getinterfacesummary":
        calls = random.randint(200, 900)
        return [{**at, "callback_count": calls, "fail_count": random.randint(0, 4),
                 "total_time_cost": calls * random.randint(40, 160),
                 "max_time_cost": random.randint(400, 4_800)}]  # fmt: skip
    sources = [{"user_count": readers // 2, "scene_desc": "公众号消息"},
               {"user_count": readers // 4, "scene_desc": "聊天会话"}]  # fmt: skip
    detail: Json = {"read_user": readers, "share_user": readers // 20}
    if name == "getbizsummary":
        more = {"zaikan_user": readers // 60, "like_user": readers // 30, "comment_count": 4,
                "collection_user": readers // 50, "redirect_ori_page_user": 0,
                "read_subscribe_user": readers // 3, "send_page_count": 2}  # fmt: skip
        return [{**at, "detail": {**detail, **more, "read_user_source": sources}}]
    number = f"{day:%Y%m%d}01_1"
    if name == "getarticletotaldetail":
        days = [
            {"stat_date": (day + timedelta(days=later)).isoformat(),
             "read_user": readers * (later + 1) // 7, "share_user": readers * (later + 1) // 140,
             "read_delivery_rate": 0.06, "read_finish_rate": 0.41, "read_avg_activetime": 34.5,
             "praise_money": 0}
            for later in range(7)  # each row is the sum up to its day
        ]  # fmt: skip
        return [{"ref_date": at["ref_date"], "msgid": number, "publish_type": 1,
                 "title": "会员服务周报", "content_url": "https://mp.example.com/s/1",
                 "detail_list": days}]  # fmt: skip
    if name == "getarticleshare":
        return [{**at, "msgid": number, "detail": {"share_user": detail["share_user"]}}]
    return [{**at, "msgid": number, "detail": {"read_user": readers, "read_user_source": sources}}]
