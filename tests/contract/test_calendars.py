"""The `.ics` file: what RFC 5545 asks of it, read back by rules written apart."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from gmops_desktop.contract.calendars import DueDate, calendar, escaped, folded

NOW = datetime(2018, 11, 22, 2, 0, tzinfo=UTC)


def lines_of(content: bytes) -> list[str]:
    """Unfold as a calendar does (RFC 5545, 3.1)."""
    return re.sub(r"\r\n[ \t]", "", content.decode()).split("\r\n")[:-1]


def unescaped(value: str) -> str:
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] in "nN" else match[1], value)


PRINTABLE = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t,;\\"))


@given(PRINTABLE)
def test_any_text_comes_back(text):
    due = DueDate("u@x", NOW, text)
    lines = lines_of(calendar([due], name="n", now=NOW))
    [summary] = [line for line in lines if line.startswith("SUMMARY:")]
    wanted = "".join(one for one in text if one in "\n\t" or (one >= " " and one != "\x7f"))
    assert unescaped(summary.removeprefix("SUMMARY:")) == wanted


@given(PRINTABLE)
def test_no_line_is_longer_than_75_bytes_and_no_character_is_cut(text):
    content = folded(f"DESCRIPTION:{escaped(text)}")
    assert content.endswith(b"\r\n")
    for line in content[:-2].split(b"\r\n"):
        assert len(line) <= 75
        line.decode()


def test_times_are_utc_whatever_zone_they_came_in():
    at = datetime(2018, 11, 23, 9, 30, tzinfo=timezone(timedelta(hours=8)))
    lines = lines_of(calendar([DueDate("u@x", at, "t")], name="n", now=NOW))
    assert "DTSTART:20181123T013000Z" in lines
    assert "DTSTAMP:20181122T020000Z" in lines
    assert "TRIGGER:-PT60M" in lines


def test_a_day_is_whole_and_blocks_nobody():
    lines = lines_of(
        calendar([DueDate("u@x", date(2019, 3, 6), "t", remind=None)], name="n", now=NOW)
    )
    assert "DTSTART;VALUE=DATE:20190306" in lines
    assert "DTEND;VALUE=DATE:20190307" in lines
    assert "TRANSP:TRANSPARENT" in lines
    assert "BEGIN:VALARM" not in lines


def test_what_begins_ends():
    lines = lines_of(
        calendar([DueDate("a@x", NOW, "a"), DueDate("b@x", NOW, "b")], name="n", now=NOW)
    )
    stack = []
    for line in lines:
        word, _, what = line.partition(":")
        if word == "BEGIN":
            stack.append(what)
        elif word == "END":
            assert stack.pop() == what
    assert not stack
    assert (lines[0], lines[1], lines[-1]) == ("BEGIN:VCALENDAR", "VERSION:2.0", "END:VCALENDAR")


def test_a_moved_date_replaces_the_one_before():
    def sequence(changed):
        lines = lines_of(calendar([DueDate("u@x", NOW, "t", changed=changed)], name="n", now=NOW))
        return int(next(line for line in lines if line.startswith("SEQUENCE:")).partition(":")[2])

    assert 0 <= sequence(NOW) < sequence(NOW + timedelta(seconds=1)) < 2**31
