"""The stand-in's network check of a callback, and the site's own answer at that callback."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from sandbox.wechat_account import Failed

Json = dict[str, Any]

SITE: Final = "/site/callback"  # where the stand-in plays the site that looks after the account
REACHED: Final[Json] = {
    "dns": [{"ip": "203.0.113.10", "real_operator": "CAP"}],
    "ping": [{"ip": "203.0.113.10", "from_operator": "CAP", "package_loss": "0%",
              "time": "23.4ms"}],
}  # fmt: skip

_ACTIONS: Final = ("dns", "ping", "all")
_OPERATORS: Final = ("CHINANET", "UNICOM", "CAP", "DEFAULT")


def check(found: Json | None, given: Json) -> Json:
    """Return what the network check finds; None is an account without a callback."""
    if given.get("action") not in _ACTIONS:
        raise Failed(40202, "invalid action")
    if given.get("check_operator") not in _OPERATORS:
        raise Failed(40203, "invalid check operator")
    if found is None:
        raise Failed(40201, "invalid url")
    wanted = ("dns", "ping") if given["action"] == "all" else (given["action"],)
    return {name: found[name] for name in wanted}


def answer(query: Mapping[str, str], token: str, manner: str) -> tuple[int, str]:
    """Return status and text with which the site answers a question of WeChat's.

    `manner` is "right", "unguarded" (it checks no signature), "wrong" or "broken".
    """
    if manner == "broken":
        return 500, "error"
    parts = sorted((token, query.get("timestamp", ""), query.get("nonce", "")))
    signed = hashlib.sha1("".join(parts).encode()).hexdigest() == query.get("signature")
    if manner == "wrong" or not (signed or manner == "unguarded"):
        return 403, "forbidden"
    return 200, query.get("echostr", "")
