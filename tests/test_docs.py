"""The documents name files that exist, and the two READMEs and guides say the same things."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
OUR_TREES = "gmops_desktop|ui|db|resources|sandbox|benchmarks|tests|docs"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_it_names_exists(page: Path):
    text = page.read_text("utf-8")
    named = set(re.findall(rf"`((?:{OUR_TREES})/[\w./-]*)`", text))
    linked = {
        target.split("#")[0]
        for target in re.findall(r"\]\(([^)\s]+)\)", text)
        if "://" not in target and not target.startswith("#")
    }
    missing = [name for name in named if not (ROOT / name).exists()]
    missing += [name for name in linked if not (page.parent / name).exists()]
    assert not missing, f"{page.name} names what is not there"


@pytest.mark.parametrize(
    ("english", "chinese"),
    [("README.md", "README.zh-CN.md"), ("docs/guide/en.md", "docs/guide/zh-CN.md")],
)
def test_both_languages_show_the_same_commands(english: str, chinese: str):
    assert commands_in(ROOT / english) == commands_in(ROOT / chinese) != []


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_emergency_names_buttons_as_the_window_does(language: str):
    text = (ROOT / f"docs/guide/{language}.md").read_text("utf-8")
    chapter = text.split("\n## 3. ")[1].split("\n## 4. ")[0]
    bold = [
        found
        for found in re.finditer(r"\*\*(.+?)\*\*", chapter, re.DOTALL)
        if not chapter[: found.start()].endswith("\n- ")
    ]  # a list's heads are no buttons
    named = {" ".join(found[1].split()) for found in bold if found[1][-1] not in ".?。？"}
    catalogue: dict[str, str | list[str]] = {}
    for file in (ROOT / "resources/translations/zh_CN").glob("*.json"):
        catalogue |= json.loads(file.read_text("utf-8"))
    spoken = catalogue.keys() if language == "en" else catalogue.values()
    known = {str(words).rpartition("|")[2] for words in spoken}  # without its context
    assert len(named) > 15
    assert named <= known, sorted(named - known)


def test_every_library_is_named_with_its_licence():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = re.findall(r"^\| ([\w.-]+) \| \S", (ROOT / "THIRD-PARTY-NOTICES.md").read_text("utf-8"),
                       re.MULTILINE)  # fmt: skip
    wanted = {re.split(r"[\[<>=]", name)[0] for name in project["dependencies"]}
    assert {_plain(name) for name in wanted} <= {_plain(name) for name in named}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def commands_in(page: Path) -> list[str]:
    blocks = re.findall(r"^```\w*\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in block.splitlines()]
