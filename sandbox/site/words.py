"""What the example website is made of: names, companies and sentences, all invented."""

from __future__ import annotations

from random import Random
from typing import Final

CATEGORIES: Final = (  # slug, name, parent
    ("news", "商会动态", None),
    ("notice", "通知公告", None),
    ("policy", "政策法规", None),
    ("service", "会员服务", None),
    ("finance", "金融服务", 4),
    ("law", "法律援助", 4),
    ("training", "培训讲座", 4),
    ("members", "会员风采", None),
    ("party", "党建工作", None),
    ("charity", "光彩事业", None),
    ("park", "园区招商", None),
    ("about", "关于我们", None),
)
ADMINS: Final = (  # login, name, roles
    ("admin", "系统管理员", "编辑,审核,会员管理,系统管理"),
    ("chenjing", "陈静", "编辑,审核"),
    ("huangwei", "黄伟", "编辑"),
    ("linxiaoyan", "林晓燕", "编辑,会员管理"),
    ("zhoumin", "周敏", "审核"),
    ("ops", "运维", "系统管理"),
)
LEVELS: Final = ("会员", "理事", "常务理事", "副会长", "会长")
LEVEL_WEIGHTS: Final = (800, 140, 40, 18, 2)
GOODS: Final = (
    "模具",
    "钟表",
    "内衣",
    "精密电子",
    "新材料",
    "食品",
    "物流",
    "园林",
    "印刷",
    "家具",
)
PLACES: Final = ("区工商联会议室", "光明招商中心", "公明文化艺术中心", "高新园区会展厅", "线上直播")
OPERATIONS: Final = ("登录后台", "发布文章", "修改文章", "审核入会申请", "导出会员名单", "修改设置")
REFERRERS: Final = (
    "",
    "",
    "",
    "https://www.example.com/s?wd=%E5%95%86%E4%BC%9A",
    "https://mp.example.com/",
    "https://gov.example.cn/links.html",
)
AGENTS: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/65.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 11_2 like Mac OS X) MicroMessenger/6.6.5 Language/zh_CN",
    "Mozilla/5.0 (Linux; Android 7.0; BLN-AL40) MQQBrowser/6.2 MicroMessenger/6.6.5",
    "Mozilla/5.0 (compatible; Baiduspider/2.0)",
    "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko",
)
SETTINGS: Final = (
    ("site_name", "光明新区工商联"),
    ("slogan", "服务会员，共谋发展"),
    ("icp", "演示备案号 00000000"),
    ("hotline", "0755-00000000"),
    ("wechat_account", "gm-gsl-demo"),
    ("articles_per_page", "20"),
    ("apply_open", "1"),
    ("footer", "版权所有 · 演示数据"),
    ("statistics_code", None),
)

_SURNAMES: Final = (
    "陈黄林李张王刘吴周徐朱何罗郑梁谢宋唐许韩冯邓曹彭曾萧田董潘袁蔡蒋余于杜叶程魏苏吕"
)
_GIVEN: Final = (
    "伟芳娜敏静秀丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红梅建国文海辉鹏飞晓燕志远嘉欣雨桐"
)
_TOWNS: Final = ("光明", "公明", "马田", "凤凰", "玉塘", "新湖", "楼村", "将石", "合水口", "田寮")
_STEMS: Final = "恒盛兴达嘉信鸿泰利丰华美宏瑞金源顺康诚德安和新益创科联众汇通天海龙腾"
_INDUSTRIES: Final = (
    ("精密电子", "电子有限公司"),
    ("模具制造", "模具有限公司"),
    ("新材料", "新材料科技有限公司"),
    ("钟表", "表业有限公司"),
    ("服装内衣", "服饰有限公司"),
    ("食品", "食品有限公司"),
    ("物流", "物流有限公司"),
    ("建筑装饰", "装饰工程有限公司"),
    ("生物医药", "生物科技股份有限公司"),
    ("商贸", "贸易有限公司"),
)
_WHO: Final = (
    "区工商联",
    "商会秘书处",
    "各会员企业",
    "驻会领导",
    "新区经济服务局",
    "青年企业家联谊会",
    "法律服务团",
    "金融机构代表",
    "园区管理方",
    "参会的二十余家企业",
)
_DID: Final = (
    "组织召开",
    "认真学习",
    "深入调研",
    "积极参与",
    "联合举办",
    "走访慰问",
    "牵头对接",
    "现场解答",
    "共同签署",
    "持续推进",
)
_WHAT: Final = (
    "民营企业座谈会",
    "银企对接会",
    "税收优惠政策宣讲",
    "中小企业融资服务",
    "安全生产专题培训",
    "知识产权保护讲座",
    "会员企业用工招聘会",
    "精准扶贫结对帮扶",
    "产业园区招商推介",
    "企业家沙龙",
    "技术改造补贴申报辅导",
    "商会换届选举筹备工作",
)
_WHY: Final = (
    "切实帮助企业降低成本、提振信心",
    "进一步畅通政企沟通渠道",
    "营造亲清新型政商关系",
    "推动产业转型升级",
    "提升会员服务的针对性和实效性",
    "促进上下游企业协同发展",
    "增强企业依法经营意识",
    "为新区高质量发展贡献力量",
)
_THEN: Final = (
    "与会代表围绕经营中的实际困难踊跃发言",
    "会后将形成问题清单并逐项跟踪落实",
    "有意参加的企业请尽快与秘书处联系",
    "现场气氛热烈，达到了预期效果",
    "相关部门表示将加快办理进度",
    "秘书处将继续做好服务保障",
)


def person(random: Random) -> str:
    return random.choice(_SURNAMES) + "".join(random.choices(_GIVEN, k=random.randint(1, 2)))


def nickname(random: Random) -> str:
    return random.choice((person(random), f"网友{random.randint(1000, 9999)}", "热心会员"))


def phone(random: Random) -> str:
    """Return a number of a form that is not assigned to anybody."""
    return f"100{random.randrange(10**8):08}"


def company(random: Random) -> tuple[str, str]:
    """Return a company's name and its industry."""
    industry, suffix = random.choice(_INDUSTRIES)
    name = "".join(random.choices(_STEMS, k=random.randint(2, 3)))
    return f"深圳市{random.choice(_TOWNS)}{name}{suffix}", industry


def sentence(random: Random) -> str:
    pick = random.choice
    form = random.randrange(3)
    if form == 0:
        return f"{pick(_WHO)}{pick(_DID)}{pick(_WHAT)}，{pick(_WHY)}。"
    if form == 1:
        return f"为{pick(_WHY)}，{pick(_WHO)}{pick(_DID)}{pick(_WHAT)}，{pick(_THEN)}。"
    return f"{pick(_WHO)}表示，{pick(_WHAT)}要坚持问题导向，{pick(_WHY)}；{pick(_THEN)}。"


def fact(random: Random) -> str:
    """Return a sentence with a name and figures, as every real report has."""
    name, industry = company(random)
    return (
        f"{name}负责人{person(random)}介绍，企业主营{industry}，"
        f"{random.randint(2014, 2018)} 年产值 {random.uniform(300, 90000):,.1f} 万元，"
        f"同比增长 {random.uniform(-8, 40):.2f}%，现有员工 {random.randint(12, 2400)} 人。"
    )


def paragraph(random: Random, sentences: int) -> str:
    return "".join(sentence(random) for _ in range(sentences))


def headline(random: Random) -> str:
    return f"{random.choice(_WHO)}{random.choice(_DID)}{random.choice(_WHAT)}"
