"""What may run of a dump: only what stays inside the schema it is loaded into.

A statement is judged by its words, strings and comments taken out, and once more without the parts
in `/*! ... */`, which a server may or may not run.  What a dump's tool adds for its own server is
left out and named; what would write elsewhere ends the import.  The connection runs one statement
at a time, so that nothing can hide behind a semicolon.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from gmops_desktop.archive.statements import masked
from gmops_desktop.language import tr

_HEAD: Final = 4 << 10  # bytes of an INSERT that are enough to know where it goes
_TOKEN: Final = re.compile(
    rb"""(?P<text>'(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*")
       | (?P<name>`(?:[^`]|``)*`)
       | (?P<open>/\*M?!\d*) | (?P<close>\*/)
       | (?P<comment>/\*.*?\*/ | --(?=\s|\Z)[^\n]* | \#[^\n]*)""",
    re.DOTALL | re.VERBOSE,
)
_CONDITIONAL: Final = re.compile(rb"/\*M?!.*?\*/", re.DOTALL)
_NAME: Final = rb"(?:`(?:[^`]|``)*`|[A-Za-z_$\x80-\xff][\w$\x80-\xff]*)"
_DOT: Final = rb"\s*\.\s*"
_DOTTED: Final = re.compile(b"(" + _NAME + b")" + _DOT + b"(?:" + _NAME + rb"|\*)")
_LONG: Final = re.compile(b"(" + _NAME + b")" + _DOT + _NAME + _DOT + _NAME)
_INTO: Final = re.compile(
    rb"(?:INSERT|REPLACE)\s+(?:(?:LOW_PRIORITY|HIGH_PRIORITY|DELAYED|IGNORE)\s+)*(?:INTO\s+)?("
    + _NAME + rb")\s*(\.)?", re.IGNORECASE,
)  # fmt: skip
# Where the body of a view, trigger, routine or event names a table or routine.
_USED: Final = re.compile(
    rb"(?<![\w`])(?:INTO|FROM|JOIN|UPDATE|TABLE|CALL|TRUNCATE|REPLACE|EXISTS|VIEW|TRIGGER|FUNCTION"
    rb"|PROCEDURE|EVENT|ON(?=\s+" + _NAME + rb"\s*\.\s*" + _NAME + rb"\s+FOR\s))\s*\(*\s*("
    + _NAME + b")" + _DOT, re.IGNORECASE,
)  # fmt: skip
_TRIMMED: Final = re.compile(rb"\(\s*(?:\w+\s+)?FROM\s+", re.IGNORECASE)  # EXTRACT(YEAR FROM a.b)
_OWN: Final = {b"NEW", b"OLD"}
_USER: Final = b"(?:" + _NAME + b"|'')"
_KIND: Final = re.compile(
    rb"\A(CREATE|ALTER|DROP)\s+(?:OR\s+REPLACE\s+)?"
    rb"(?:(?:ALGORITHM|SQL)\s*(?:=\s*|\s+SECURITY\s+)\w+\s+"
    rb"|DEFINER\s*=\s*" + _USER + rb"(?:\s*\(\s*\))?(?:\s*@\s*" + _USER + rb")?\s+"
    rb"|AGGREGATE\s+|UNIQUE\s+|FULLTEXT\s+|SPATIAL\s+|TEMPORARY\s+|ONLINE\s+|OFFLINE\s+|IGNORE\s+)*"
    rb"(\w+)",
    re.IGNORECASE,
)
_REMOTE: Final = re.compile(
    rb"\b(?:ENGINE|TYPE)\s*=?\s*['\"`]?(?:FEDERATEDX?|CONNECT|SPIDER|S3)\b", re.IGNORECASE
)
_PLAIN_KINDS: Final = {"TABLE", "TABLES", "INDEX", "SEQUENCE"}
_BODIES: Final = {"VIEW", "TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "PACKAGE"}
_ROWS: Final = {"INSERT", "REPLACE"}
_OTHERS: Final = {"UPDATE", "DELETE", "TRUNCATE", "RENAME", "ANALYZE", "OPTIMIZE", "WITH"}
_ALONE: Final = {"BEGIN", "COMMIT", "START", "ROLLBACK"}  # we end transactions ourselves
_GLOBAL: Final = re.compile(
    rb"\bSET\s+(?:GLOBAL|PERSIST|PERSIST_ONLY|PASSWORD|ROLE|DEFAULT\s+ROLE|STATEMENT|RESOURCE)\b"
    rb"|@@(?:GLOBAL|PERSIST\w*)\s*\.\s*\w+\s*:?=|,\s*(?:GLOBAL|PERSIST)\s+\w+\s*:?=",
    re.IGNORECASE,
)
_OURS: Final = re.compile(
    rb"\ASET\s+(?:SESSION\s+|@@(?:SESSION\.)?)?(?:character_set_results|autocommit"
    rb"|(?:@@SESSION\.)?sql_log_bin)\s*:?=\s*[^,]*\Z",
    re.IGNORECASE,
)
_CHARSET: Final = re.compile(
    rb"\ASET\s+(?:NAMES|CHARACTER\s+SET|CHARSET|(?:SESSION\s+)?character_set_client|"
    rb"(?:SESSION\s+)?character_set_connection|(?:SESSION\s+)?collation_connection)\b[^,]*\Z",
    re.IGNORECASE,
)

Answer = Literal["run", "rows", "pass", "skip", "stop"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a statement: it runs (`rows` are rows to insert), is passed over without a
    word, left out and named, or ends the import; `why` is a finished sentence.
    """

    answer: Answer
    why: str = ""
    schema: str = ""  # that USE or CREATE DATABASE names


def judge(statement: bytes, schema: str, charset: str, *, fixed_charset: bool) -> Verdict:
    """Say what becomes of a statement, written in `charset`, that is loaded into `schema`.

    `fixed_charset` passes over what the dump says of its character set.
    """
    rows = statement[:7].upper().startswith((b"INSERT", b"REPLACE"))
    text = masked(statement[:_HEAD] if rows else statement, charset)
    verdict = _judge(_bare(text), schema, fixed_charset=fixed_charset)
    if verdict.answer == "run" and _REMOTE.search(text):
        return Verdict("stop", tr("Rows of such a table are written elsewhere."))
    if verdict.answer in ("run", "rows", "pass") and b"/*" in text:
        other = _bare(_outside(text))
        if other:
            harder = _judge(other, schema, fixed_charset=fixed_charset)
            if harder.answer in ("skip", "stop"):
                return harder
    return verdict


def _judge(text: bytes, schema: str, *, fixed_charset: bool) -> Verdict:
    words = re.findall(rb"[A-Za-z_]+", text[:200])
    verb = words[0].decode().upper() if words and text[:1].isalpha() else ""
    second = words[1].decode().upper() if len(words) > 1 else ""
    if verb in _ROWS:
        found = _INTO.match(text)
        if not found:
            return Verdict("stop", tr("Into which table it writes cannot be told from it."))
        if found[2] and _other(found[1], schema):
            return _elsewhere(found[1], schema)
        return Verdict("rows")
    if verb == "SET":
        return _set(text, fixed_charset=fixed_charset)
    if verb in ("LOCK", "UNLOCK") and second in ("TABLES", "TABLE"):
        return Verdict("pass")
    if verb in _ALONE and (verb != "START" or second == "TRANSACTION"):
        return Verdict("pass")
    if verb == "USE" or (verb in ("CREATE", "DROP", "ALTER") and second in ("DATABASE", "SCHEMA")):
        return _database(text, verb)
    kind = _KIND.match(text)
    if kind:
        return _definition(text, kind[2].decode().upper(), schema)
    if verb in _OTHERS:
        return _all_inside(text, schema)
    if verb in ("SELECT", "DO"):
        if re.search(rb"\bINTO\s+(?:OUTFILE|DUMPFILE)\b", text, re.IGNORECASE):
            return Verdict("stop", tr("It would write a file on the server."))
        return Verdict("run")
    if verb == "LOAD":
        return Verdict("stop", tr("It reads rows from a file that is not part of the dump."))
    return Verdict("skip", tr("It concerns the server, not this schema."))


def _set(text: bytes, *, fixed_charset: bool) -> Verdict:
    if re.search(rb"\bSQL_LOG_BIN\b", text, re.IGNORECASE):
        return Verdict("pass")  # every mysqldump of a server with GTIDs turns it off and on
    if _GLOBAL.search(text):
        return Verdict("skip", tr("It would change settings of the whole server."))
    if _OURS.match(text) or (fixed_charset and _CHARSET.match(text)):
        return Verdict("pass")
    return Verdict("run")


def _database(text: bytes, verb: str) -> Verdict:
    named = re.search(
        rb"\A(?:USE|(?:CREATE|DROP|ALTER)\s+(?:OR\s+REPLACE\s+)?(?:DATABASE|SCHEMA)"
        rb"(?:\s+IF\s+(?:NOT\s+)?EXISTS)?)\s+(" + _NAME + b")(.*)", text, re.IGNORECASE | re.DOTALL,
    )  # fmt: skip
    title = _plain(named[1]) if named else ""
    if verb == "USE" and (not named or named[2].strip()):
        return Verdict("stop", tr("What follows USE in it cannot be told from it."))
    chooses = title if verb == "USE" else ""
    return Verdict("skip", tr("The dump is loaded into the new schema only."), chooses)


def _definition(text: bytes, kind: str, schema: str) -> Verdict:
    if kind in _PLAIN_KINDS:
        return _all_inside(text, schema)
    if kind not in _BODIES:
        return Verdict("skip", tr("It concerns the server, not this schema."))
    trimmed = _TRIMMED.sub(b"( ", text)
    for found in [*_USED.finditer(trimmed), *_LONG.finditer(trimmed)]:
        if found[1].upper() not in _OWN and _other(found[1], schema):
            why = tr("It names another schema, {schema}.", schema=_plain(found[1]))
            return Verdict("skip", why)
    return Verdict("run")


def _all_inside(text: bytes, schema: str) -> Verdict:
    for found in _DOTTED.finditer(text):
        if _other(found[1], schema):
            return _elsewhere(found[1], schema)
    return Verdict("run")


def _elsewhere(name: bytes, schema: str) -> Verdict:
    why = tr("It writes into another schema, {other}, not into {schema}.",
             other=_plain(name), schema=schema)  # fmt: skip
    return Verdict("stop", why)


def _other(name: bytes, schema: str) -> bool:
    return _plain(name) != schema


def _plain(name: bytes) -> str:
    text = name.decode("utf-8", "replace")
    return text[1:-1].replace("``", "`") if text.startswith("`") else text


def _bare(text: bytes) -> bytes:
    """Return a statement with strings and comments taken out, and `/*! ... */` opened."""

    def without(found: re.Match[bytes]) -> bytes:
        if found["name"]:
            return found[0]
        return b"''" if found["text"] else b" "

    return _TOKEN.sub(without, text).strip()


def _outside(text: bytes) -> bytes:
    """Return what a server sees that takes `/*! ... */` for a comment."""
    return _CONDITIONAL.sub(b" ", text).strip()
