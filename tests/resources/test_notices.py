"""Every library of the lock that the program itself needs is named with its licence."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_direct_dependencies_are_named_with_their_licence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    text = (ROOT / "THIRD-PARTY-NOTICES.md").read_text("utf-8")
    named = {
        re.sub(r"[-_.]+", "-", name).lower(): licence.strip()
        for name, licence in re.findall(r"^\| ([\w.-]+) \| [\w.]+ \| (.+) \|$", text, re.MULTILINE)
    }
    wanted = {
        re.sub(r"[-_.]+", "-", re.split(r"[\[<>=! ]", name)[0]).lower()
        for name in project["dependencies"]
    }
    assert wanted - named.keys() == set()
    assert all(named.values())


def test_each_font_comes_with_its_licence() -> None:
    folder = ROOT / "resources" / "fonts"
    said = {"OFL": "SIL OPEN FONT LICENSE Version 1.1", "MIT": "MIT License"}
    fonts = list(folder.glob("*.ttf"))
    assert fonts
    for font in fonts:
        (licence,) = folder.glob(f"*-{font.stem.split('-')[0]}.txt")
        assert said[licence.name.split("-")[0]] in licence.read_text("utf-8")
