"""The stand-in refuses what the real robot refuses, and says that it is none."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from sandbox.wecom import PATH, Robot, Wecom


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert Wecom(tmp_path / "wecom").key
    return tmp_path / "wecom"


def asked(robot: Robot, folder: Path, body: object, method: str = "POST", path: str = PATH) -> int:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    target = f"{path}?key={Wecom(folder).key}"
    _, answer = robot.answer(method, target, content)
    code: int = answer["errcode"]
    return code


def text(content: str, kind: str = "markdown") -> dict[str, object]:
    return {"msgtype": kind, kind: {"content": content}}


def test_it_checks_the_form_of_a_message(folder: Path) -> None:
    robot = Robot(folder)
    assert asked(robot, folder, text("hello")) == 0
    assert asked(robot, folder, text("hello", "text")) == 0
    assert asked(robot, folder, text("hello"), method="GET") == 43002
    assert asked(robot, folder, text("hello"), path="/elsewhere") == 40066
    assert asked(robot, folder, b"{not json") == 47001
    assert asked(robot, folder, ["a list"]) == 40008
    assert asked(robot, folder, text("hello", "telegram")) == 40008
    assert asked(robot, folder, text("")) == 44004
    assert asked(robot, folder, {"msgtype": "markdown"}) == 44004
    assert asked(robot, folder, text("x" * 4096)) == 0
    assert asked(robot, folder, text("x" * 4097)) == 40058
    assert asked(robot, folder, text("维" * 683, "text")) == 40058
    assert robot.answer("POST", f"{PATH}?key=another", b"{}")[1]["errcode"] == 93000


def test_it_takes_twenty_a_minute(folder: Path) -> None:
    clock = Clock()
    robot = Robot(folder, clock)
    assert {asked(robot, folder, text(str(number))) for number in range(20)} == {0}
    assert asked(robot, folder, text("one too many")) == 45009
    clock.now = 60.0
    assert asked(robot, folder, text("a minute later")) == 0
    assert len(Wecom(folder).said) == 21


def test_it_says_that_it_is_a_stand_in(tmp_path: Path) -> None:
    with Wecom(tmp_path / "wecom") as robot:
        answer = httpx.post(robot.address, json=text("hello"), trust_env=False)
    assert answer.json() == {"errcode": 0, "errmsg": "ok"}
    assert answer.headers["X-Stand-In"] == "gmops-sandbox"
