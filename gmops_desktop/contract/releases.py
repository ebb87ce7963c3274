"""What an application release would change on its server, and what a change of configuration would.

Both plans are plain records that a change keeps: what was approved is what is done, and whatever
differs from it on the server, or in the release, is drift.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, cast

from gmops_desktop.language import tr

ReleaseStep = Literal["add", "change", "remove"]
Layout = Literal["link", "folder"]
Phase = Literal["before", "after", "down"]

PHASES: Final[tuple[Phase, ...]] = ("before", "after", "down")
SHOWN: Final = 12  # differences that are named one by one


@dataclass(frozen=True, slots=True)
class ReleaseChange:
    """One path that a release changes; `before` and `after` are the SHA-256 of a file, or where a
    link points, and empty where there is nothing.  `size` is that of what comes, in bytes."""

    path: str
    step: ReleaseStep
    size: int
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """A file of SQL that belongs to a release: run before the switch, after it, or on the way back.

    `name` is its path in the release; `undoes` names, for one of the way back, the one it undoes.
    """

    phase: Phase
    name: str
    digest: str
    statements: int
    undoes: str = ""


@dataclass(frozen=True, slots=True)
class ReleasePlan:
    """What a release changes, held against what is live.

    `source` is the file or folder it came from, `digest` the SHA-256 it was known by, `tree` that
    of the list of everything in it.  `folder` is what the web server serves: a symbolic link that
    is turned ("link"), or a directory that is exchanged ("folder"); `live` is what it leads to now,
    `live_tree` the digest of what stands there.  `kept` are patterns of what stays whatever the
    release holds, `stays` the topmost paths these mean now.  Where `whole` is false, nothing is
    removed that the release does not hold.  `database` is the id of the resource that the scripts
    run in, `reload` a command for after the switch.  Sizes are in bytes.
    """

    source: str
    digest: str
    tree: str
    folder: str
    layout: Layout
    live: str
    live_tree: str
    changes: tuple[ReleaseChange, ...]
    unchanged: int
    size: int
    send_bytes: int
    scripts: tuple[Script, ...] = ()
    kept: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()
    whole: bool = True
    database: str = ""
    reload: str = ""
    notes: tuple[str, ...] = ()

    def count(self, step: ReleaseStep) -> int:
        """Return how many paths are changed in this way."""
        return sum(change.step == step for change in self.changes)

    def of(self, phase: Phase) -> tuple[Script, ...]:
        """Return the scripts of a phase, in their order."""
        return tuple(script for script in self.scripts if script.phase == phase)

    @property
    def migrates(self) -> bool:
        """Whether the release changes a database."""
        return bool(self.of("before") or self.of("after"))

    @property
    def ways_down(self) -> tuple[Script, ...] | None:
        """Return the scripts that undo all others, last first, or None where one has none."""
        undone = {script.undoes: script for script in self.of("down")}
        ran = [*self.of("before"), *self.of("after")]
        if any(script.name not in undone for script in ran):
            return None
        return tuple(undone[script.name] for script in reversed(ran))


@dataclass(frozen=True, slots=True)
class ConfigurationPlan:
    """A change of one file of configuration.

    `path` is as it was named, `real` where a symbolic link leads.  `before` and `after` are the
    SHA-256 of the file as it was when the change was made up, and as it will be.  `edits` make the
    one of the other: the number of the first line they replace, how many, and the lines instead;
    a secret in these is only a mark, and its value is in the keyring under `secret_names`.  `diff`
    is for people, without secrets.  `check` is the command that judges the file (`{file}` where it
    takes one), `reload` the one that makes the service read it.  `way_in` says that it may shut us
    out: then it stands only when somebody has logged in anew.
    """

    path: str
    real: str
    before: str
    after: str
    edits: tuple[tuple[int, int, tuple[str, ...]], ...]
    diff: str
    mode: int
    uid: int
    gid: int
    secret_names: tuple[str, ...] = ()
    service: str = ""
    check: str = ""
    reload: str = ""
    notes: tuple[str, ...] = ()
    way_in: bool = False


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """Return what sorts names as people number them: 2 before 10."""
    parts = re.split(r"(\d+)", name)
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in parts if part)


def undone_by(down: str, ran: Iterable[str]) -> str:
    """Return which of the scripts `ran` the one named `down` undoes, by its last name, or ""."""
    name = down.rpartition("/")[2]
    return next((one for one in ran if one.rpartition("/")[2] == name), "")


def release_drift(approved: ReleasePlan, now: ReleasePlan) -> tuple[str, ...]:
    """Say in sentences what would be done otherwise than was approved; nothing where all holds."""
    found: list[str] = []
    if approved.tree != now.tree:
        found.append(tr("The release itself is another than the one that was approved."))
    if (approved.layout, approved.live) != (now.layout, now.live):
        found.append(tr("{folder} leads to {live} now.", folder=now.folder, live=now.live))
    if approved.live_tree != now.live_tree:
        found.append(tr("What is live in {folder} was changed since.", folder=now.folder))
    before = {change.path: change for change in approved.changes}
    after = {change.path: change for change in now.changes}
    named = [
        *(f"- {path} ({before[path].step})" for path in before if path not in after),
        *(f"+ {path} ({after[path].step})" for path in after if path not in before),
        *(f"~ {path}" for path in before if path in after and before[path] != after[path]),
    ]
    found += named[:SHOWN]
    if len(named) > SHOWN:
        found.append(tr("{count} more differences", count=len(named) - SHOWN))
    if approved.scripts != now.scripts:
        found.append(tr("The SQL of the release is another."))
    return tuple(found)


def configuration_drift(approved: ConfigurationPlan, digest: str, real: str) -> tuple[str, ...]:
    """Say what of the file is otherwise than when the change was approved."""
    found = []
    if real != approved.real:
        found.append(tr("{path} leads to {real} now.", path=approved.path, real=real))
    if digest != approved.before:
        found.append(
            tr("{path} was changed on the server since ({digest}).", path=approved.path,
               digest=digest[:12])
        )  # fmt: skip
    return tuple(found)


def edited(text: str, edits: Sequence[tuple[int, int, Sequence[str]]]) -> str:
    """Return `text` with the edits of a plan carried out; lines keep their own ends."""
    lines = text.splitlines(keepends=True)
    for first, count, instead in reversed(edits):
        lines[first : first + count] = instead
    return "".join(lines)


def plan_to_dict(plan: ReleasePlan | ConfigurationPlan) -> dict[str, Any]:
    """Return a plan as plain JSON values."""
    values = _plain(asdict(plan))
    assert isinstance(values, dict)
    return values


def release_from_dict(values: Mapping[str, Any]) -> ReleasePlan:
    """Return the plan `plan_to_dict` was given."""
    return ReleasePlan(
        **{
            **values,
            "layout": cast(Layout, values["layout"]),
            "changes": tuple(ReleaseChange(**one) for one in values["changes"]),
            "scripts": tuple(Script(**one) for one in values["scripts"]),
            **{name: tuple(values[name]) for name in ("kept", "stays", "notes")},
        }
    )


def configuration_from_dict(values: Mapping[str, Any]) -> ConfigurationPlan:
    """Return the plan `plan_to_dict` was given."""
    edits = tuple((first, count, tuple(lines)) for first, count, lines in values["edits"])
    tuples = {name: tuple(values[name]) for name in ("secret_names", "notes")}
    return ConfigurationPlan(**{**values, **tuples, "edits": edits})


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
