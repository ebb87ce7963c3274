"""Runs in words: no step is shown by the key of its script."""

from __future__ import annotations

import pytest

from gmops_desktop import language
from gmops_desktop.adapters import configuring, detached, releasing
from gmops_desktop.adapters.packages import applying
from gmops_desktop.contract.runs import word_of_step


def _of_configuration() -> tuple[str, ...]:
    return configuring.replace_script(
        id="0", path="/etc/x", real="/etc/x", digests=("0", "1"), dress=(0o644, 0, 0), check="true",
        reload="true", purpose="apply",
    )[1]  # fmt: skip


@pytest.mark.parametrize("spoken", ["en", "zh_CN"])
def test_every_step_of_every_kind_of_change_has_its_words(spoken: str) -> None:
    keys = {
        *applying.PREPARE_STEPS, *applying.APPLY_STEPS, *applying.BACK_STEPS, *applying.MEND_STEPS,
        *releasing.STEPS, *_of_configuration(), detached.RESTART,
    }  # fmt: skip
    language.use(spoken)
    for key in keys:
        word = word_of_step(key)
        assert word != key
        assert " " in word or spoken == "zh_CN" or word in ("Install", "Switch")
        assert word.isascii() == (spoken == "en"), word
    assert word_of_step("sql:001.sql") == "SQL 001.sql"
    assert word_of_step("of-a-newer-program") == "of-a-newer-program"
