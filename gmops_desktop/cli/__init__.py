"""`gmops ...`: the services for a terminal, for cron and for scripts.

Answers go to standard output (with `--json` one document), everything else to standard error.
Exit codes: 0 done, 1 refused or failed, 2 usage, 3 a proof failed, 4 a comparison found
differences, 5 nothing could be proved, 130 cancelled.
"""

from __future__ import annotations

import gc
import json
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING, Final

from gmops_desktop.cli import speech
from gmops_desktop.errors import Cancelled, OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.log import redact

if TYPE_CHECKING:
    import typer

DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
PROOF_FAILED: Final = 3
DIFFERENT: Final = 4
UNPROVABLE: Final = 5
CANCELLED: Final = 130


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    if words is None:  # a process of its own
        words = sys.argv[1:]
        gc.disable()  # what is loaded stays; looking for garbage in it takes a tenth of the start
    speech.choose()
    signal.signal(signal.SIGTERM, _unwind)
    as_json = "--json" in words
    from gmops_desktop.cli.terminal import BadAnswer

    try:
        return _run(list(words))
    except (Cancelled, KeyboardInterrupt):
        _tell(tr("Cancelled."))
        return CANCELLED
    except BadAnswer as bad:
        return _refuse(bad.error, bad.result if as_json else None)
    except OpsError as error:
        return _refuse(error, _as_answer(error) if as_json else None)
    except BrokenPipeError:
        # Whoever read our answer has seen enough (`gmops backup list | head -1`).
        sys.stdout = open(_nowhere(), "w")  # noqa: SIM115 - for the interpreter's last flush
        return DONE
    except Exception as error:
        from gmops_desktop.cli.faults import report_bug

        refusal = report_bug(error)
        return _refuse(refusal, _as_answer(refusal) if as_json else None)


def _run(words: list[str]) -> int:
    import typer

    # Built only now: the help texts are looked up in the language chosen above.
    from gmops_desktop.cli.help import usage_sentence
    from gmops_desktop.cli.tree import commands

    program = typer.main.get_command(commands(words[0] if words else ""))
    try:
        code = program.main(words, prog_name="gmops", standalone_mode=False)
    except typer.Abort as error:
        raise Cancelled from error
    except typer.TyperException as fault:
        if type(fault).__name__ == "NoArgsIsHelpError":
            _tell(fault.format_message())
            return USAGE
        _tell(usage_sentence(fault))
        _tell(tr("Try {command} for help.", command=_help_command(fault)))
        return USAGE
    return code if isinstance(code, int) else DONE


def _help_command(fault: typer.TyperException) -> str:
    context = getattr(fault, "ctx", None)
    return f"{context.command_path if context else 'gmops'} --help"


def _refuse(error: OpsError, answer: object | None) -> int:
    """Show an error as finished sentences: what, what is unharmed, what to do next; and `answer`
    to the script that asked.  Return the exit code."""
    for sentence in filter(None, (error.message, error.unharmed, error.hint)):
        _tell(sentence)
    if answer is not None:
        from gmops_desktop.cli.plain import plain

        sys.stdout.write(json.dumps(plain(answer), ensure_ascii=False, indent=2) + "\n")
        sys.stdout.flush()
    return _code_of(error)


def _code_of(error: OpsError) -> int:
    return PROOF_FAILED if isinstance(error, ProofFailed) else FAILED


def _as_answer(error: OpsError) -> dict[str, object]:
    message, unharmed, hint = map(redact, (error.message, error.unharmed, error.hint))
    answer = {"code": _code_of(error), "message": message, "unharmed": unharmed, "hint": hint}
    return {"error": answer}


def _tell(line: str) -> None:
    sys.stderr.write(redact(line) + "\n")
    sys.stderr.flush()


def _unwind(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _nowhere() -> str:
    import os

    return os.devnull
