"""A run is begun, and its record removed."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Final

from gmops_desktop.adapters.detached import scripts
from gmops_desktop.adapters.detached.looking import look
from gmops_desktop.adapters.sections import Shell, Unknown, collect, text_of
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr

_BEGIN: Final = 60.0  # seconds for a start
_ANSWER: Final = 60.0  # seconds for all else


def start(
    shell: Shell, run_id: str, script: str, context: Context, *, steps: Sequence[str] = ()
) -> None:
    """Let `script` run at the server by itself; return as soon as it has begun.

    It is sh and may call `step KEY 'COMMAND'` (a failing one ends the run), `try_step` (which
    returns the status), `tell NAME VALUE` or `... | tell NAME` (for `RunLook.outcome`; what `fault`
    says is shown as the reason of a failure), `root COMMAND` (sudo without a password unless the
    account is root) and, last, `restart COMMAND`.  It must hold no secret.  `steps` are the keys in
    their order, for whoever shows what is still to come.  The same `run_id` a second time starts
    nothing.  Raises `OpsError` where the run has not begun; where the line is lost meanwhile,
    `look` knows.
    """
    word = f"GMOPS-{secrets.token_hex(8)}"
    answer = scripts.filled(
        scripts.START,
        run_id,
        WATCH=scripts.WATCH,
        WORDS=scripts.WORDS,
        SETTLE=scripts.SETTLE,
        PLANNED="\n".join([*steps, "."]),
        SCRIPT=f"{script}\n# {word}",
        WORD=word,
    )
    with context.uncut():
        _, output = shell.run(answer, context, deadline=_BEGIN)
    said = re.findall(r"^gmops: (\w+) ?(.*)$", output.decode("utf-8", "replace"), re.MULTILINE)
    what, where = said[-1] if said else ("", "")
    if what == "begun":
        return
    unharmed = tr("Nothing was begun on the server.")
    match what:
        case "foreign":
            raise OpsError(
                tr("The run cannot begin: {folder} on the server belongs to another account.",
                   folder=where),
                hint=tr("Let the server's administrator look who made that folder; remove it or "
                        "name another in GMOPS_RUNS."), unharmed=unharmed,
            )  # fmt: skip
        case "full":
            raise OpsError(
                tr("The run cannot begin: nothing can be written below {folder} on the server.",
                   folder=where),
                hint=tr("Free some space there, then try again."), unharmed=unharmed,
            )  # fmt: skip
        case "setsid":
            raise OpsError(
                tr("The run cannot begin: the server has no setsid."),
                hint=tr("Install util-linux there."), unharmed=unharmed,
            )  # fmt: skip
    raise OpsError(
        tr("The server did not say that the run has begun."),
        hint=tr("Attach to the run to see what became of it."),
    )


def answer(shell: Shell, run_id: str, context: Context) -> None:
    """Tell a run what it waits for; raise `OpsError` where it does not hear it."""
    sections = collect(shell, scripts.filled(scripts.ANSWER, run_id), context, deadline=_ANSWER)
    if "answer" not in sections or sections["answer"].status:
        raise OpsError(
            tr("The run on the server could not be answered."),
            hint=tr("Attach to the run to see what became of it."),
        )


def known(shell: Shell, context: Context) -> tuple[str, ...]:
    """Return the ids of the runs that the server has a record of, the newest first."""
    sections = collect(shell, scripts.filled(scripts.KNOWN, ""), context, deadline=_ANSWER)
    try:
        names = text_of(sections, "runs").split()
    except Unknown as why:
        raise OpsError(
            tr("The runs of the server cannot be listed: {why}.", why=str(why)),
            hint=tr("Check the folder gmops-runs in /var/tmp there, and whose it is."),
        ) from why
    return tuple(name for name in names if scripts.is_id(name))


def forget(shell: Shell, run_id: str, context: Context) -> None:
    """Remove the record of a run from the server; refused for one that goes on."""
    if look(shell, run_id, context, at_once=1).state in ("running", "unknown"):
        raise OpsError(
            tr("The record of the run stays: it goes on, or nobody knows whether it does."),
            hint=tr("Wait for its end."),
        )
    sections = collect(shell, scripts.filled(scripts.FORGET, run_id), context, deadline=_ANSWER)
    if "gone" not in sections or sections["gone"].status:
        raise OpsError(
            tr("The record of the run could not be removed from the server."),
            hint=tr("Remove the folder {folder} below gmops-runs in /var/tmp there.",
                    folder=run_id),
        )  # fmt: skip
