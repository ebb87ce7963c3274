"""Waves: sizes of batches, and what may be begun."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.contract.waves import Member, Standing, Wave, divide, word_of_standing
from gmops_desktop.errors import OpsError

STANDINGS: tuple[Standing, ...] = ("waiting", "begun", "held", "failed", "unknown", "left_out")
SIZES = st.lists(
    st.one_of(
        st.integers(1, 30).map(str), st.integers(1, 100).map(lambda one: f"{one}%"),
        st.just("rest"),
    ),
    max_size=5,
)  # fmt: skip


def _wave(*standings: Standing, sizes: tuple[str, ...] = ("1", "10%", "rest")) -> Wave:
    batches = [batch for batch, count in enumerate(divide(len(standings), sizes), 1)
               for _ in range(count)]  # fmt: skip
    members = tuple(
        Member(f"c{place}", f"C-{place:04}", f"r{place}", f"web{place}", batch, place, standing)
        for place, (batch, standing) in enumerate(zip(batches, standings, strict=True), 1)
    )
    return Wave("w", "W-0001", "Updates", sizes, members)


@pytest.mark.parametrize(
    ("count", "sizes", "batches"),
    [
        (20, ("1", "10%", "rest"), (1, 2, 17)),
        (1, ("1", "10%", "rest"), (1,)),
        (2, ("1", "10%", "rest"), (1, 1)),
        (3, ("1", "10%", "rest"), (1, 1, 1)),
        (200, ("1", "10%", "rest"), (1, 20, 179)),
        (5, ("2",), (2, 3)),
        (5, (), (5,)),
        (0, ("1", "rest"), ()),
        (7, ("50 %", "100%"), (4, 3)),
    ],
)
def test_servers_are_shared_out(
    count: int, sizes: tuple[str, ...], batches: tuple[int, ...]
) -> None:
    assert divide(count, sizes) == batches


@given(st.integers(0, 500), SIZES)
def test_every_server_is_in_one_batch_and_none_is_empty(count: int, sizes: list[str]) -> None:
    found = divide(count, sizes)
    assert sum(found) == count
    assert all(one > 0 for one in found)


@pytest.mark.parametrize("size", ["0", "-1", "101%", "0%", "all", "", "1.5", "½"])
def test_what_is_no_size_is_refused(size: str) -> None:
    with pytest.raises(OpsError, match="no size of a batch"):
        divide(20, (size, "rest"))


@given(st.lists(st.sampled_from(STANDINGS), min_size=1, max_size=40))
def test_nothing_is_due_past_what_is_not_proved(standings: list[Standing]) -> None:
    """Whatever is due: all earlier batches are through, and nothing failed anywhere."""
    wave = _wave(*standings)
    for one in wave.due:
        assert one.standing == "waiting"
        earlier = [other.standing for other in wave.members if other.batch < one.batch]
        assert set(earlier) <= {"held", "left_out"}
        assert not {"failed", "unknown"} & {other.standing for other in wave.members}
    touched = {*wave.touched, *wave.untouched}
    assert touched | {one for one in wave.members if one.standing == "left_out"} == {*wave.members}
    assert bool(wave.stopped) == bool({"failed", "unknown"} & {*standings})


def test_batches_follow_one_another() -> None:
    waiting: list[Standing] = ["waiting"] * 20
    assert [one.place for one in _wave(*waiting).due] == [1]
    one_held: list[Standing] = ["held", *waiting[1:]]
    assert [one.place for one in _wave(*one_held).due] == [2, 3]
    begun: list[Standing] = ["held", "begun", *waiting[2:]]
    assert [one.place for one in _wave(*begun).due] == [3]
    three: list[Standing] = ["held", "left_out", "held", *waiting[3:]]
    assert len(_wave(*three).due) == 17
    failed: list[Standing] = ["held", "failed", *waiting[2:]]
    wave = _wave(*failed)
    assert (wave.due, wave.current) == ((), 2)
    assert wave.stopped == "web2 (C-0002): Failed, or taken back"
    all_held: list[Standing] = ["held"] * 20
    assert (_wave(*all_held).due, _wave(*all_held).current) == ((), 0)


def test_every_standing_has_a_word() -> None:
    assert len({word_of_standing(one) for one in STANDINGS}) == len(STANDINGS)
    said = replace(_wave("unknown").members[0], why="the line was lost")
    assert "the line was lost" in replace(_wave("unknown"), members=(said,)).stopped
