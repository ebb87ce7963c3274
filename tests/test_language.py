"""Words come from the catalogue of the language spoken here."""

from __future__ import annotations

import threading

from gmops_desktop import language
from gmops_desktop.language import speaking, tr, tr_n, use
from gmops_desktop.states import STATES, word_of, worst


def test_english_is_the_source_itself() -> None:
    assert tr("Unknown") == "Unknown"
    assert tr("Made on {day}.", day="Monday") == "Made on Monday."


def test_chinese_comes_from_the_catalogue_and_holds_in_every_thread() -> None:
    use("zh_CN")
    said: list[str] = []
    thread = threading.Thread(target=lambda: said.append(tr("Unknown")))
    thread.start()
    thread.join()
    assert [tr("Unknown"), *said] == ["未知", "未知"]


def test_one_block_may_speak_another_language() -> None:
    with speaking("zh_CN"):
        assert tr("Critical") == "严重"
        with speaking("en"):
            assert tr("Critical") == "Critical"
    assert language.current() == "en"


def test_braces_in_values_are_not_places() -> None:
    assert tr("{name} failed", name="{odd}") == "{odd} failed"
    assert tr("plain {braces}") == "plain {braces}"


def test_counted_things() -> None:
    assert tr_n("{count} row", "{count} rows", 1) == "1 row"
    assert tr_n("{count} row", "{count} rows", 0) == "0 rows"
    assert tr_n("{count} row", "{count} rows", 24180) == "24,180 rows"


def test_every_state_has_a_word_and_unknown_is_never_ok() -> None:
    assert len({word_of(state) for state in STATES}) == len(STATES)
    assert worst([]) == "unknown"
    assert worst(["ok", "unknown"]) == "unknown"
    assert worst(["ok", "unknown", "warning"]) == "warning"
    assert worst(["critical", "ok"]) == "critical"
    assert worst(["ok", "ok"]) == "ok"
