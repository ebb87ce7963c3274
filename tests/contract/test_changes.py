from __future__ import annotations

from gmops_desktop.contract.changes import (
    BEFORE,
    ENDED,
    KINDS,
    STATES,
    VERBS,
    next_step,
    word_of_kind,
    word_of_state,
)


def test_every_state_has_its_words_and_says_what_is_next() -> None:
    assert len({word_of_state(one) for one in STATES}) == len(STATES)
    assert all(next_step(one).endswith(".") for one in STATES)
    assert len({word_of_kind(one) for one in KINDS}) == 3


def test_nothing_is_done_with_what_has_ended_and_something_with_all_else() -> None:
    for state in STATES:
        open_ = {verb for verb, states in VERBS.items() if state in states}
        # What costs money may be ended even then.
        assert bool(open_ - {"delete_snapshots"}) != (state in ENDED)


def test_what_has_begun_is_neither_cancelled_nor_begun_again() -> None:
    for state in set(STATES) - BEFORE:
        assert state not in VERBS["cancel"] | VERBS["apply"] | VERBS["replan"] | VERBS["announce"]
