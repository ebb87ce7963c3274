"""What a site's own server gets from the same address, so that "our line is down" and "the site is
down" are told apart."""

from __future__ import annotations

import re
import shlex
from typing import Final

from gmops_desktop.adapters.sections import Section, Shell, Unknown, collect, text_of
from gmops_desktop.adapters.web.certificates import TlsFailed
from gmops_desktop.adapters.web.pages import HttpFailed
from gmops_desktop.context import Context
from gmops_desktop.contract.looks import FromServer
from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr

_SECTION: Final = r"""
U=%s; export U
s %s 'if command -v curl >/dev/null; then
o=$(curl -s -k -L -m 10 -o /dev/null -w "%%{http_code} %%{time_starttransfer}" -- "$U"); c=$?
echo "curl $c $o"
elif command -v wget >/dev/null; then
o=$(wget -q -S -T 10 -t 1 -O /dev/null --no-check-certificate "$U" 2>&1); c=$?
echo "wget $c $(printf "%%s\n" "$o" | sed -n "s/.*HTTP\/[0-9.]* \([0-9]*\).*/\1/p" | tail -n 1)"
else exit 127; fi' 15
"""
_ANSWER: Final = re.compile(r"(curl|wget) (\d{1,3})(?: (\d{3})(?: ([\d.]{1,12}))?)?\s*")
_CURL: Final = {
    5: mark("the proxy's name cannot be resolved"),
    6: mark("the name cannot be resolved there"),
    7: mark("nothing accepts the connection"),
    28: mark("no answer in time"),
    35: mark("no encrypted connection came about"),
    47: mark("redirects in circles"),
    52: mark("the answer was empty"),
    56: mark("the connection broke"),
}
_WGET: Final = {
    4: mark("nothing accepts the connection"),
    5: mark("no encrypted connection came about"),
}


class NoTool(Unknown):
    """The server has nothing that fetches a page."""


class SiteDown(OpsError):
    """The site answers neither here nor on its own server."""


class TurnedAway(HttpFailed):
    """The server answers itself, but something in between actively turns visitors away."""


def look_from(shell: Shell, url: str, context: Context) -> FromServer:
    """Return what the server behind `shell` gets from `url`; raises `Unknown` where it cannot."""
    script = section_for(url, "page")
    return parse(collect(shell, script, context, deadline=30.0).get("page"))


def section_for(url: str, key: str) -> str:
    """Return the section of a script that asks for `url`; `parse` reads what it prints."""
    return _SECTION % (shlex.quote(url), key)


def broken(status: int) -> bool:
    """Whether a page that ought to be there is not."""
    return status >= 400


def parse(section: Section | None) -> FromServer:
    """Return what the answer of curl or wget says."""
    if section and section.status == 127:
        raise NoTool(tr("neither curl nor wget is on the server"))
    found = _ANSWER.fullmatch(text_of({"page": section} if section else {}, "page").strip())
    if not found:
        raise Unknown(tr("the host answered in a form we do not know"))
    tool, code, status, seconds = found[1], int(found[2]), int(found[3] or 0), found[4]
    if 100 <= status <= 599:
        timed = float(seconds) if seconds and re.fullmatch(r"\d+\.\d+", seconds) else None
        return FromServer(status, timed, tool)
    words = (_CURL if tool == "curl" else _WGET).get(code)
    if not code:
        raise Unknown(tr("the host answered in a form we do not know"))
    fault = tr(words) if words else tr("exit code {code}", code=code)
    return FromServer(None, None, tool, fault)


def placed(error: OpsError, there: FromServer | None, why: str) -> OpsError:
    """Return the failure from here with what the server sees: which of the two is down, in words.

    `why` says why the server could not be asked, where it could not.
    """
    if there is None:
        hint = tr("Whether the site itself is down is not known: {why}", why=why)
        error.hint = f"{error.hint} {hint}".strip()
        return error
    if there.status is None or there.status >= 500:
        seen = there.fault or tr("status {code}", code=there.status)
        return SiteDown(
            tr("The site is down: not reached from here, and its own server gets no page either "
               "({seen}).", seen=seen),
            hint=error.message,
        )  # fmt: skip
    if isinstance(error, HttpFailed | TlsFailed) or isinstance(
        error.__cause__, ConnectionRefusedError
    ):
        return TurnedAway(
            tr("Visitors are turned away, although the site's own server gets status {code}: "
               "{why}", code=there.status, why=error.message),
            hint=tr("Check firewall, security group and proxy between the site and its visitors."),
        )  # fmt: skip
    return OpsError(
        tr("This machine's line is down, not the site: its own server gets status {code}. {why}",
           code=there.status, why=error.message),
        hint=error.hint,
    )  # fmt: skip
