"""No secret stands in the log, however it got there."""

from __future__ import annotations

import logging

import pytest

from gmops_desktop import log
from gmops_desktop.log import MASK, redact, remember_secret, start_log
from gmops_desktop.paths import Home


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other tests of this process gave as passwords, "wrong" among them, is not known here."""
    monkeypatch.setattr(log, "_known", set())


@pytest.mark.parametrize(
    "text",
    [
        "password=S3cret!x",
        'password: "S3cret!x"',
        "connect(user='a', passwd='S3cret!x')",
        '{"access_token": "S3cret!x", "expires_in": 7200}',
        "https://user:S3cret!x@host/path",
        "GET /cgi-bin/menu/get?access_token=S3cret!x&next=1",
        "secret=S3cret!x;",
        "CREATE USER a IDENTIFIED BY 'S3cret!x'",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nS3cret!x\n-----END OPENSSH PRIVATE KEY-----",
    ],
)
def test_secrets_that_announce_themselves_are_struck_out(text: str) -> None:
    shown = redact(text)
    assert "S3cret" not in shown
    assert MASK in shown


def test_a_remembered_secret_does_not_hide_what_gives_another_away() -> None:
    remember_secret("token")
    remember_secret("cut;here")
    assert redact("token=S3cret!x; password=cut;here.") == f"{MASK}={MASK}; password={MASK}."


def test_a_remembered_secret_is_struck_out_wherever_it_stands() -> None:
    remember_secret("horse-battery-staple-4711")
    assert redact("typed horse-battery-staple-4711 here") == f"typed {MASK} here"


def test_a_longer_secret_hides_whole_even_when_it_holds_a_shorter() -> None:
    remember_secret("abcdef-short")
    remember_secret("abcdef-short-and-long")
    assert redact("x abcdef-short-and-long y") == f"x {MASK} y"


def test_words_too_short_to_be_secrets_stay() -> None:
    remember_secret("a")
    remember_secret("")
    assert redact("a cat sat") == "a cat sat"


@pytest.mark.parametrize(
    "text", ["The password is wrong.", "https://host/path", "mysql://ops@127.0.0.1:3306/site"]
)
def test_plain_sentences_stay_readable(text: str) -> None:
    assert redact(text) == text


@pytest.mark.logs("the server refused")
def test_the_log_file_holds_the_failure_and_not_the_secret(home: Home) -> None:
    remember_secret("correct-horse-4711")
    root = logging.getLogger()
    level = root.level
    handler = start_log(home.logs)
    try:
        logger = logging.getLogger("test")
        logger.warning("the server refused %s", "correct-horse-4711")
        try:
            raise ValueError("login with correct-horse-4711 failed")
        except ValueError:
            logger.exception("the server refused")
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        handler.close()
    text = (home.logs / "gmops.log").read_text("utf-8")
    assert "correct-horse" not in text
    assert f"the server refused {MASK}" in text
    assert f"ValueError: login with {MASK} failed" in text
