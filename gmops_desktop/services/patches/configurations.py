"""Changes of configuration: a file is edited here, judged by its service there, and replaced.

What changes is kept as edits of lines; secrets among them are in this machine's keyring, and stand
in no journal, diff or document.
"""

from __future__ import annotations

import difflib
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Protocol

from db.journal import utc_now
from gmops_desktop.adapters import configuring, detached
from gmops_desktop.adapters.configuring import Fetched
from gmops_desktop.adapters.ssh import Ssh
from gmops_desktop.addresses import Resource, SshAddress
from gmops_desktop.context import Context
from gmops_desktop.contract.configuration_checks import is_way_in, service_of
from gmops_desktop.contract.masking import masked, put_back, spans_of, taken_out
from gmops_desktop.contract.releases import (
    ConfigurationPlan,
    configuration_drift,
    configuration_from_dict,
    edited,
    plan_to_dict,
)
from gmops_desktop.contract.rollbacks import RollbackPlan, RollbackStep
from gmops_desktop.contract.runs import RunPurpose
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.language import tr
from gmops_desktop.services.patches.record import Change
from gmops_desktop.services.patches.works import Changed, Played

__all__ = ["Configurations", "Fetched"]

OpenSsh = Callable[[SshAddress, Context], AbstractContextManager[Ssh]]
Add = Callable[..., Change]  # `Patches.add`

_WAY_IN: Final = 90  # seconds within which somebody must have logged in anew
_ASK: Final = 0.5  # seconds between two tries of that
_SAID: Final = 3  # warnings of a check that are told
_NEEDED: Final = 4 * configuring.LARGEST  # bytes: the new file, the old one, and both once more


class Secrets(Protocol):
    """The keyring (`adapters.vault.Vault`)."""

    def get(self, name: str) -> str:
        """Return a secret; raise `OpsError` where there is none."""

    def put(self, name: str, secret: str) -> None:
        """Keep a secret."""


class Configurations:
    """The work of kind "configuration"; `add` enters a change into the queue.

    A file that may shut us out is taken back by the server itself where nobody logs in anew within
    `way_in` seconds.
    """

    def __init__(
        self,
        open_ssh: OpenSsh,
        secrets: Secrets,
        add: Add,
        *,
        way_in: int = _WAY_IN,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._open_ssh = open_ssh
        self._secrets = secrets
        self._add = add
        self._way_in = way_in
        self._now = now

    def fetch(self, host: Resource, path: str, context: Context) -> Fetched:
        """Return a file as it is now, for who edits it."""
        with self._open(host, context) as ssh:
            return configuring.fetch(ssh, path, context)

    def queue(
        self,
        host: Resource,
        path: str,
        text: str,
        context: Context,
        *,
        based_on: str = "",
        check: str | None = None,
        reload: str | None = None,
        title: str = "",
        ticket: str = "",
    ) -> Change:
        """Queue the change of a file to `text`, which its service must accept.

        `based_on` is the SHA-256 of what was edited: a file that became another meanwhile is not
        overwritten.  `check` and `reload` are commands in place of those that are known for the
        path ("" for none).  Raises `OpsError`, with the service's own words where it refuses.
        """
        with self._open(host, context) as ssh:
            found = configuring.fetch(ssh, path, context)
            if based_on and based_on != _digest(found.content):
                raise OpsError(
                    tr("{path} was changed on the server while it was edited.", path=path),
                    hint=tr("Fetch it again, and edit what is there now."),
                    unharmed=_as_it_was(),
                )
            plan, content, secrets = _planned(found, text, check, reload)
            judged = configuring.judge(ssh, found.real, content, plan.check, context)
        if judged.ok is False:
            raise _refused(path, judged.said)
        if judged.ok is None:
            only = tr("It can only be checked in its place: if it is refused there, the old file is"
                      " put back at once.")  # fmt: skip
            plan = replace(plan, notes=(*plan.notes, only))
        elif warned := [line.strip() for line in judged.said.splitlines() if _warns(line)]:
            said = tr("The service accepts it, and warns: {said}",
                      said=" ".join(warned[:_SAID]))  # fmt: skip
            plan = replace(plan, notes=(*plan.notes, said))
        for name, secret in zip(plan.secret_names, secrets, strict=True):
            self._secrets.put(name, secret)
        named = title or tr("Configuration {path} on {host}", path=path, host=host.name)
        return self._add("configuration", named, host, plan_to_dict(plan), ticket=ticket)

    # ------------------------------------------------------------ the work

    def play(self, host: Resource, plan: Mapping[str, Any], context: Context) -> Played:
        """Hold the file against what it was, and let its service judge the new one once more."""
        approved = configuration_from_dict(plan)
        health = ""
        with self._open(host, context) as ssh:
            found = configuring.fetch(ssh, approved.path, context)
            digest = _digest(found.content)
            differs = configuration_drift(approved, digest, found.real)
            if not found.writable:
                health = tr("The account may not replace {path} on {host}.", path=found.real,
                            host=host.name)  # fmt: skip
            elif not differs:
                content = self._content(approved, found)
                judged = configuring.judge(ssh, found.real, content, approved.check, context)
                health = judged.said if judged.ok is False else ""
        return Played(plan, differs, health, found.free, _NEEDED, self._now())

    def prepare(
        self, host: Resource, plan: Mapping[str, Any], change_id: str, context: Context
    ) -> RollbackPlan:
        """Bring the new file to the server and keep the old one there; return the way back."""
        approved = configuration_from_dict(plan)
        with self._open(host, context) as ssh:
            found = configuring.fetch(ssh, approved.path, context)
            digest = _digest(found.content)
            if digest != approved.after:
                if differs := configuration_drift(approved, digest, found.real):
                    raise OpsError(
                        differs[0],
                        hint=tr("Simulate the change again, and look at what differs."),
                        unharmed=_as_it_was(),
                    )
                content = self._content(approved, found)
                digests = (approved.before, approved.after)
                configuring.keep(ssh, change_id, found.real, content, digests, context)
        text = tr("{path} gets back its content, owner and mode from before ({digest}); the service"
                  " checks and reads it again.", path=approved.path,
                  digest=approved.before[:12])  # fmt: skip
        return RollbackPlan(self._now(), (RollbackStep("file", text),))

    def start(
        self,
        host: Resource,
        plan: Mapping[str, Any],
        change_id: str,
        run_id: str,
        purpose: RunPurpose,
        context: Context,
    ) -> None:
        """Let the server replace the file by itself, or put it back.

        Of one that may shut us out it is proved here, by logging in anew, that it does not.
        """
        if purpose == "mend":
            raise OpsError(
                tr("Of a file of configuration nothing is left half done."),
                hint=tr("Try it again, or roll it back."),
                unharmed=tr("Nothing was begun."),
            )
        approved = configuration_from_dict(plan)
        guarded = approved.way_in and purpose == "apply"
        script, steps = configuring.replace_script(
            id=change_id,
            path=approved.path,
            real=approved.real,
            digests=(approved.before, approved.after),
            dress=(approved.mode, approved.uid, approved.gid),
            check=approved.check,
            reload=approved.reload,
            purpose=purpose,
            proved_within=self._way_in if guarded else 0,
        )
        with self._open(host, context) as ssh:
            detached.start(ssh, run_id, script, context, steps=steps)
        if guarded:
            self._log_in_anew(host, run_id, context)

    def changed(
        self, host: Resource, plan: Mapping[str, Any], change_id: str, context: Context
    ) -> tuple[Changed, ...]:
        """Return the file before and as it stands now, where these differ."""
        approved = configuration_from_dict(plan)
        now = _digest(self.fetch(host, approved.path, context).content)
        if now == approved.before:
            return ()
        return (Changed(approved.path, "configuration", approved.before, now, now),)

    # ------------------------------------------------------------ inside

    def _log_in_anew(self, host: Resource, run_id: str, context: Context) -> None:
        """Answer a run that waits for it, over a connection made after the file was replaced.

        Who is refused goes on trying until the server takes the file back.
        """
        context.progress(None, tr("Proving that {host} still lets us in", host=host.name))
        told = ""
        until = time.monotonic() + self._way_in
        while time.monotonic() < until:
            try:
                with self._open(host, context) as ssh:
                    found = detached.look(ssh, run_id, context)
                if found.ended:
                    return
                if any(one.key == configuring.WAY_IN and one.began_at for one in found.steps):
                    with self._open(host, context) as anew:
                        detached.answer(anew, run_id, context)
                    return
            except OpsError as refused:
                if refused.message != told:
                    context.note(refused.message)
                told = refused.message
            context.wait(_ASK)
        context.note(
            tr("{host} let nobody in anew: it puts the old file back by itself.", host=host.name)
        )

    def _content(self, approved: ConfigurationPlan, found: Fetched) -> bytes:
        """Make the new file of the old one and the edits; raise where it is not what it was."""
        secrets = [self._secrets.get(name) for name in approved.secret_names]
        flat = [line for _first, _count, lines in approved.edits for line in lines]
        filled = iter(put_back(flat, secrets))
        edits = [
            (first, count, tuple(next(filled) for _ in lines))
            for first, count, lines in approved.edits
        ]
        content = _bytes(edited(_text(found.content), edits))
        if _digest(content) != approved.after:
            raise ProofFailed(
                tr("The new content of {path} cannot be made again as it was approved.",
                   path=approved.path),
                hint=tr("Queue the change anew."),
                unharmed=_as_it_was(),
            )  # fmt: skip
        return content

    def _open(self, host: Resource, context: Context) -> AbstractContextManager[Ssh]:
        if not isinstance(host.address, SshAddress):
            raise OpsError(
                tr("{name} is not a server reached over SSH: no files can be sent to it.",
                   name=host.name),
                hint=tr("Choose a cloud server reached over SSH."),
                unharmed=_as_it_was(),
            )  # fmt: skip
        return self._open_ssh(host.address, context)


def _planned(
    found: Fetched, text: str, check: str | None, reload: str | None
) -> tuple[ConfigurationPlan, bytes, tuple[str, ...]]:
    old, content = _text(found.content), _bytes(text)
    if content == found.content:
        raise OpsError(
            tr("{path} is as it should become: nothing changes.", path=found.path),
            hint=tr("Edit it first."),
            unharmed=_as_it_was(),
        )
    before, after = old.splitlines(keepends=True), text.splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    secret_in = spans_of(after)
    hunks = [
        (first, last - first, start, end)
        for kind, first, last, start, end in matcher.get_opcodes()
        if kind != "equal"
    ]
    marked, secrets = taken_out(
        (after[place], secret_in[place])
        for _first, _count, start, end in hunks
        for place in range(start, end)
    )
    lines = iter(marked)
    edits = tuple(
        (first, count, tuple(next(lines) for _ in range(start, end)))
        for first, count, start, end in hunks
    )
    digest = _digest(content)
    service = service_of(found.real)
    notes = []
    if found.links > 1:
        notes.append(tr("{path} has {count} names: the others keep the old content.",
                        path=found.real, count=found.links))  # fmt: skip
    check = check if check is not None else service.check if service else ""
    if not check:
        notes.append(tr("No check is known for this file: nobody judges it before it is read."))
    reload = reload if reload is not None else service.reload if service else ""
    if not reload:
        notes.append(tr("Nothing is reloaded: the service reads it at its next start."))
    way_in = is_way_in(found.real)
    if way_in:
        notes.append(tr("This file may shut us out: it stands only once somebody has logged in"
                        " anew; else the server puts the old one back by itself."))  # fmt: skip
    plan = ConfigurationPlan(
        path=found.path,
        real=found.real,
        before=_digest(found.content),
        after=digest,
        edits=edits,
        diff=_diff(found.path, before, after, matcher),
        mode=found.mode,
        uid=found.uid,
        gid=found.gid,
        secret_names=tuple(f"configuration:{digest[:32]}:{n}" for n in range(1, len(secrets) + 1)),
        service=service.name if service else "",
        check=check.strip(),
        reload=reload.strip(),
        notes=tuple(notes),
        way_in=way_in,
    )
    return plan, content, secrets


def _diff(
    path: str, before: Sequence[str], after: Sequence[str], matcher: difflib.SequenceMatcher[str]
) -> str:
    """Return the unified diff of the true lines, shown with their secrets behind dots."""
    old = [masked(*one) for one in zip(before, spans_of(before), strict=True)]
    new = [masked(*one) for one in zip(after, spans_of(after), strict=True)]
    found = [f"--- {path}", f"+++ {path}"]
    for group in matcher.get_grouped_opcodes(3):
        (_, a, _, c, _), (_, _, b, _, d) = group[0], group[-1]
        found.append(f"@@ -{a + 1},{b - a} +{c + 1},{d - c} @@")
        for kind, first, last, start, end in group:
            if kind == "equal":
                found += [f" {line}" for line in old[first:last]]
            else:
                found += [f"-{line}" for line in old[first:last]]
                found += [f"+{line}" for line in new[start:end]]
    return "".join(line.rstrip("\r\n") + "\n" for line in found)


def _refused(path: str, said: str) -> OpsError:
    return OpsError(
        tr("The service does not accept {path}:", path=path) + f"\n{said}",
        hint=tr("Mend what it names, and queue the change again."),
        unharmed=_as_it_was(),
    )


def _warns(line: str) -> bool:
    return "warning" in line.lower()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _as_it_was() -> str:
    return tr("The file is as it was.")
