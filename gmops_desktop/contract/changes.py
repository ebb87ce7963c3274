"""Changes in words: their kinds and states, the verbs that stand open in each, who must be told.

Where a change stands is not stored but follows from what was recorded (`change_states`); whether it
may begin is asked of its gates (`gates`).
"""

from __future__ import annotations

from typing import Final, Literal, get_args

from gmops_desktop.language import mark, tr

ChangeKind = Literal["patch", "release", "configuration"]
ChangeState = Literal[
    "found",
    "assessed",
    "simulated",
    "awaiting_notice",
    "awaiting_window",
    "backup",
    "precheck",
    "applying",
    "postcheck",
    "awaiting_confirmation",
    "handover",
    "closed",
    "rolling_back",
    "rolled_back",
    "cancelled",
]
Audience = Literal["users", "leaders", "responsible"]
Verb = Literal[
    "assess",
    "simulate",
    "replan",
    "set_window",
    "approve",
    "announce",
    "pass_gate",
    "prepare",
    "check_before",
    "apply",
    "attach",
    "check_after",
    "accept",
    "try_again",
    "mend",
    "roll_back",
    "confirm",
    "hand_over",
    "close",
    "cancel",
    "snapshot",
    "delete_snapshots",
    "roll_back_disks",
    "rescue",
    "remind",
]

AUDIENCES: Final[tuple[Audience, ...]] = ("users", "leaders", "responsible")

# Nothing was begun yet: the change can still be given up.
BEFORE: Final[frozenset[ChangeState]] = frozenset(
    (
        "found",
        "assessed",
        "simulated",
        "awaiting_notice",
        "awaiting_window",
        "backup",
        "precheck",
    )
)
ENDED: Final[frozenset[ChangeState]] = frozenset({"closed", "cancelled"})
_PLANNED: Final[frozenset[ChangeState]] = BEFORE - {"found", "assessed"}
_WINDOWED: Final[frozenset[ChangeState]] = _PLANNED - {"simulated"}

# In which states each verb may be used.  What begins a change asks its gates besides.
VERBS: Final[dict[Verb, frozenset[ChangeState]]] = {
    "assess": BEFORE,
    "simulate": BEFORE,
    "replan": BEFORE,
    "set_window": _PLANNED,
    "approve": _PLANNED,
    "announce": _WINDOWED,
    "pass_gate": BEFORE,
    "prepare": _WINDOWED,
    "check_before": frozenset({"precheck"}),
    "apply": BEFORE,
    "attach": frozenset({"applying", "rolling_back"}),
    "check_after": frozenset({"postcheck", "rolled_back", "awaiting_confirmation"}),
    "accept": frozenset({"postcheck", "rolled_back"}),
    "try_again": frozenset({"postcheck"}),
    "mend": frozenset({"postcheck"}),
    "roll_back": frozenset({"postcheck", "awaiting_confirmation", "handover"}),
    "confirm": frozenset({"awaiting_confirmation"}),
    "hand_over": frozenset({"handover"}),
    "close": frozenset({"handover"}),
    "cancel": BEFORE,
    "snapshot": BEFORE,
    "delete_snapshots": frozenset(get_args(ChangeState)) - {"rolling_back"},
    # Also of a change whose server never came back, and after a way back that was not enough.
    "roll_back_disks": frozenset(
        {"applying", "postcheck", "rolled_back", "awaiting_confirmation", "handover"}
    ),
    "rescue": frozenset({"applying", "postcheck", "rolling_back", "rolled_back"}),
    "remind": BEFORE | {"awaiting_confirmation"},
}

_KINDS: Final[dict[ChangeKind, str]] = {
    "patch": mark("System patch"),
    "release": mark("Application release"),
    "configuration": mark("Configuration change"),
}
_STATES: Final[dict[ChangeState, str]] = {
    "found": mark("Found"),
    "assessed": mark("Assessed"),
    "simulated": mark("Simulated"),
    "awaiting_notice": mark("Waiting for Party A's notice"),
    "awaiting_window": mark("Waiting for its window"),
    "backup": mark("Backing up"),
    "precheck": mark("Checking before"),
    "applying": mark("Applying"),
    "postcheck": mark("Checking after"),
    "awaiting_confirmation": mark("Waiting for Party A's confirmation"),
    "handover": mark("Hand-over"),
    "closed": mark("Closed"),
    "rolling_back": mark("Rolling back"),
    "rolled_back": mark("Rolled back"),
    "cancelled": mark("Cancelled"),
}
_NEXT: Final[dict[ChangeState, str]] = {
    "found": mark("Next: the project manager's evaluation (2.3-4)."),
    "assessed": mark("Next: play it through on the server (simulate)."),
    "simulated": mark("Next: set its window."),
    "awaiting_notice": mark("Next: record how Party A told all three audiences of this window."),
    "awaiting_window": mark("Next: back up, and prepare the change with its way back."),
    "backup": mark("Next: prepare it again; the preparation did not end."),
    "precheck": mark("Next: check before, then apply it in its window."),
    "applying": mark("Next: attach to what goes on at the server, and wait for its end."),
    "postcheck": mark("Next: check after; then go on, mend it, try again or roll back."),
    "awaiting_confirmation": mark("Next: record Party A's confirmation (2.3-7)."),
    "handover": mark("Next: hand over what was changed (1.32), then close."),
    "closed": mark("It is done. Queue a new change."),
    "rolling_back": mark("Next: attach to what goes on at the server, and wait for its end."),
    "rolled_back": mark("Next: check after, to see that all is as it was before."),
    "cancelled": mark("It was cancelled. Queue a new change."),
}
_AUDIENCES: Final[dict[Audience, str]] = {
    "users": mark("All users"),
    "leaders": mark("Leaders at every level"),
    "responsible": mark("Persons responsible"),
}
# By which way Party A was reminded of what it is still to do.
WAYS: Final[dict[str, str]] = {
    "copied": mark("words copied, to be sent by hand"),
    "robot": mark("the WeCom robot"),
    "phone": mark("by phone"),
    "wechat": mark("by WeChat"),
    "mail": mark("by mail"),
    "met": mark("in person"),
}
KINDS: Final = tuple(_KINDS)
STATES: Final = tuple(_STATES)


def word_of_kind(kind: ChangeKind) -> str:
    """Return the word for a kind of change."""
    return tr(_KINDS[kind])


def word_of_state(state: ChangeState) -> str:
    """Return the word for a change's state."""
    return tr(_STATES[state])


def word_of_way(way: str) -> str:
    """Return the word for a way by which Party A was reminded."""
    return tr(WAYS.get(way, way))


def next_step(state: ChangeState) -> str:
    """Return, in a finished sentence, what is to be done with a change in this state."""
    return tr(_NEXT[state])


def word_of_audience(audience: Audience) -> str:
    """Return the word for one of those who must be told before (2.3-8)."""
    return tr(_AUDIENCES[audience])
