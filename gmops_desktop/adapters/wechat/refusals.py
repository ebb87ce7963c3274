"""What WeChat's error codes say, in plain words, each with the way out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr

BUSY: Final = -1
NO_CALLBACK: Final = 40201
DAY_SPENT: Final = 45009
_NOT_LISTED: Final = 40164
NOT_PERMITTED: Final = (48001, 48004, 50002)
NOT_READY: Final = 61503
# Of the interface asked about in quota/get: unknown there, of another kind of program, ill-formed.
NO_SUCH_QUOTA: Final = (76003, 76021, 76022)
TOKEN_LOST: Final = (40001, 40014, 42001)

_SECRET: Final = mark("Enter the AppSecret again in the settings: it is wrong or was reset.")
_KIND: Final = mark(
    "Interfaces of this kind are for certified accounts: let Party A certify the account (WeChat "
    "verification), or see in its console which interfaces it has."
)
_OURS: Final = mark("That is a fault of this program: send its log to whoever looks after it.")

# By code: what it says, and the way out.
_SAID: Final[Mapping[int, tuple[str, str]]] = {
    BUSY: (mark("WeChat is busy"), mark("Nothing to do: the next look asks again.")),
    40001: (
        mark("WeChat does not accept the AppSecret, or the token made with it"),
        mark(
            "Enter the AppSecret again in the settings if it was reset; else another program has "
            "forced a new token, and the next look gets one."
        ),
    ),
    40013: (mark("WeChat knows no such AppID"), mark("Check the AppID in the settings.")),
    40014: (
        mark("WeChat does not know the token"),
        mark("The next look fetches a new one; if it stays so, enter the AppSecret again."),
    ),
    40066: (mark("WeChat has no such interface"), _OURS),
    40125: (mark("The AppSecret is wrong"), _SECRET),
    _NOT_LISTED: (
        mark("The address {ip} is not on the account's IP whitelist"),
        mark(
            "Let Party A add {ip} in the account's console: Settings, Basic configuration, IP "
            "whitelist. It takes some minutes."
        ),
    ),
    NO_CALLBACK: (
        mark("No callback address is set in the account's console"),
        mark("If messages are to be answered by the site, set it there: Basic configuration."),
    ),
    40243: (
        mark("The AppSecret is frozen"),
        mark("Thaw it in the account's console, then wait 10 minutes."),
    ),
    41001: (mark("The token was missing from the call"), _OURS),
    41002: (mark("The AppID is missing"), mark("Check the AppID in the settings.")),
    41004: (mark("The AppSecret is missing"), _SECRET),
    42001: (
        mark("The token has run out"),
        mark("The next look fetches a new one; if it stays so, enter the AppSecret again."),
    ),
    DAY_SPENT: (
        mark("The day's quota of calls of this interface is used up"),
        mark(
            "It starts anew at midnight, or when the quotas are cleared, which WeChat takes ten "
            "times a month: on the account's card of checks, or by gmops account clear-quota."
        ),
    ),
    45011: (mark("There were too many calls in this minute"), mark("Wait a minute.")),
    46003: (mark("No menu is set"), mark("Set one in the account's console.")),
    47009: (
        mark("WeChat has switched this interface off"),
        mark("Look for a newer version of this program."),
    ),
    48001: (mark("The account may not use this interface"), _KIND),
    48004: (
        mark("WeChat has banned this interface for the account"),
        mark("See the notices in the account's console."),
    ),
    48006: (
        mark("The quotas were cleared ten times this month, which is the most"),
        mark("Wait for the next month, or for midnight, when the day's quota starts anew."),
    ),
    50002: (
        mark("The account is restricted, frozen or closed"),
        mark("See the notices in the account's console."),
    ),
    61500: (mark("WeChat does not accept the form of a date"), _OURS),
    61501: (mark("WeChat does not accept the span of days"), _OURS),
    NOT_READY: (
        mark("The figures are not ready yet"),
        mark("WeChat makes them by 8 o'clock; they are asked for again."),
    ),
    89503: (
        mark("The account's administrator has to confirm the address {ip} first"),
        mark("Ask the administrator to confirm it on the phone."),
    ),
    89506: (
        mark("The account's administrator has refused the address {ip}"),
        mark("Ask the administrator; nothing is asked of WeChat for an hour."),
    ),
}
_BY_SERVER: Final = mark(
    "Or let the account be reached through the server, whose address stays the same."
)
_SAME: Final[Mapping[int, int]] = {61004: _NOT_LISTED, 89501: 89503, 89507: 89506}
_ADDRESS: Final = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}")


class WeChatRefused(OpsError):
    """The interface answered with an error; `code` is its errcode.

    The message holds WeChat's own words with their `rid`, by which its support finds the call;
    `direct` says that the call left from this machine, not from a server.
    """

    def __init__(self, code: int, said: str, path: str, *, direct: bool = False) -> None:
        meant = _SAME.get(code, code)
        known = _SAID.get(meant)
        if known is None:
            words = tr("WeChat refuses the call")
            hint = tr("Look up the code in WeChat's documentation.")
        else:
            found = _ADDRESS.search(said)
            ip = found[0] if found else tr("of this machine")
            words, hint = (tr(one, ip=ip) for one in known)
            if direct and meant == _NOT_LISTED:
                hint = f"{hint} {tr(_BY_SERVER)}"
        super().__init__(
            tr("{what} ({code}, {path}: {said})", what=words, code=code, path=path, said=said),
            hint=hint,
        )
        self.code, self.said, self.path, self.direct = code, said, path, direct
        self.words = words  # the sentence alone
