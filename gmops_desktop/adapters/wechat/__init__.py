"""A WeChat Official Account as its server interfaces show it.

Facts of the interfaces: developers.weixin.qq.com/doc/service (the pages of each are named where it
is called).
"""

from gmops_desktop.adapters.wechat.calls import NoAnswer, WeChat, host_of
from gmops_desktop.adapters.wechat.parts import Callback, KeptMenu, look
from gmops_desktop.adapters.wechat.pauses import Pauses
from gmops_desktop.adapters.wechat.refusals import WeChatRefused

__all__ = [
    "Callback",
    "KeptMenu",
    "NoAnswer",
    "Pauses",
    "WeChat",
    "WeChatRefused",
    "host_of",
    "look",
]
