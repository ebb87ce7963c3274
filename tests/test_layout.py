"""Guards over the whole tree: whose packages are whose, what is pinned, what is translated."""

from __future__ import annotations

import ast
import json
import re
import string
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CHINESE = ROOT / "resources" / "translations" / "zh_CN"
SPOKEN = ("gmops_desktop", "ui", "db", "sandbox")  # trees whose texts people see

# Qt's setters and constructors whose text a person reads.
SETTERS = {
    "addAction", "addItem", "addItems", "addMenu", "addRow", "addTab", "setAccessibleDescription",
    "setAccessibleName", "setDetailedText", "setHeaderLabels", "setHorizontalHeaderLabels",
    "setInformativeText", "setLabelText", "setPlaceholderText", "setPrefix", "setStatusTip",
    "setSuffix", "setTabText", "setTabToolTip", "setText", "setTitle", "setToolTip", "setWhatsThis",
    "setWindowTitle", "QAction", "QCheckBox", "QCommandLinkButton", "QGroupBox", "QLabel",
    "QPushButton", "QRadioButton",
}  # fmt: skip
# Mark-up, entities, keys, and the program's own name are not words to translate.
NO_WORDS = re.compile(r"<[^>]*>|&\w+;|\b(?:Ctrl|Shift|Alt)\+\w*|GMOps Desktop")
READ_WORDS = {"placeholderText", "text", "title", "toolTip", "windowTitle"}  # of constructors


# ---------------------------------------------------------------- packages


@pytest.mark.parametrize("name", ["gmops_desktop", "ui", "db", "resources", "sandbox"])
def test_no_dependency_brings_a_package_of_our_name(name: str) -> None:
    assert set(packages_distributions().get(name, [])) <= {"gmops-desktop"}


def test_tests_are_not_a_package() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


# ---------------------------------------------------------------- pins


def test_qt_is_the_version_that_was_tried() -> None:
    """PySide6 has had releases that leak or crash on plain calls: a new one is a decision."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert "PySide6-Essentials==6.11.3" in project["dependencies"]
    assert version("PySide6-Essentials") == "6.11.3"


def test_qt_survives_twenty_thousand_texts() -> None:
    code = """
import os, resource
from PySide6.QtWidgets import QApplication, QLabel
application = QApplication([])
label = QLabel()
label.show()
def set_texts(count):
    for number in range(count):
        label.setText(f"第 {number} 行")
    application.processEvents()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
begun = set_texts(2_000)
grown = set_texts(20_000) - begun
assert label.text() == "第 19999 行", label.text()
assert grown < 8_000, f"{grown} kB more after 20,000 texts"
print("held")
"""
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=120
    )
    assert (ran.returncode, ran.stdout.strip()) == (0, "held"), ran.stderr


def test_the_lock_holds_hashes_and_no_address() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8")
    assert "://" not in text
    wanted = [line for line in _joined(text) if line and not line.startswith("#")]
    assert wanted
    for line in wanted:
        assert re.match(r"[\w.\-\[\],]+==\S+ ", line), f"not pinned: {line[:80]}"
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), f"no hash: {line[:80]}"


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    asked = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    text = (ROOT / "requirements.lock").read_text("utf-8")
    locked = {_normal(line.split("==")[0]) for line in _joined(text) if "==" in line}
    missing = {_normal(re.split(r"[\[<>=! ]", name)[0]) for name in asked} - locked
    assert not missing


def _joined(text: str) -> list[str]:
    return [line.strip() for line in text.replace("\\\n", " ").splitlines()]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.split("[")[0].strip()).lower()


# ---------------------------------------------------------------- words


def _trees() -> Iterator[tuple[Path, ast.Module]]:
    for folder in SPOKEN:
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield file.relative_to(ROOT), ast.parse(file.read_text("utf-8"))


def _calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else ""
            name = called.id if isinstance(called, ast.Name) else name
            if name in names:
                yield node


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _sources() -> dict[str, str]:
    """Every English source in the code, as the catalogue writes it, with where it stands."""
    found: dict[str, str] = {}
    for file, tree in _trees():
        for call in _calls(tree, "tr", "mark", "tr_n"):
            # Chinese has one form: of a counted pair, the catalogue translates the second.
            counted = isinstance(call.func, ast.Name) and call.func.id == "tr_n"
            places = [call.args[1]] if counted and len(call.args) > 1 else call.args[:1]
            context = next(
                (_text(word.value) for word in call.keywords if word.arg == "context"), ""
            )
            for place in places:
                if (source := _text(place)) is not None:
                    key = f"{context}|{source}" if context else source
                    found.setdefault(key, f"{file}:{call.lineno}")
    return found


def _catalogue() -> dict[str, tuple[str, str]]:
    """Every Chinese entry, with the file that holds it."""
    found: dict[str, tuple[str, str]] = {}
    for file in sorted(CHINESE.glob("*.json")):
        pairs = json.loads(file.read_text("utf-8"), object_pairs_hook=lambda pairs: pairs)
        for source, text in pairs:
            known, place = found.setdefault(source, (text, file.name))
            assert known == text, f"{source!r} says different things in {place} and {file.name}"
    return found


def _places(text: str) -> Counter[str]:
    return Counter(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def test_every_text_speaks_chinese() -> None:
    catalogue = _catalogue()
    missing = [
        f"{place}: {source!r}"
        for source, place in _sources().items()
        if not catalogue.get(source, ("",))[0].strip()
    ]
    assert not missing, "no Chinese for\n" + "\n".join(missing)


def test_every_translation_is_used_and_fills_the_same_places() -> None:
    sources = _sources()
    unused, differing = [], []
    for source, (text, file) in _catalogue().items():
        if source not in sources:
            unused.append(f"{file}: {source!r}")
        elif _places(source) != _places(text):
            differing.append(f"{file}: {source!r} -> {text!r}")
    assert not unused, "nobody says\n" + "\n".join(unused)
    assert not differing, "other places in\n" + "\n".join(differing)


def test_catalogues_are_sorted_and_chinese() -> None:
    for file in sorted(CHINESE.glob("*.json")):
        entries = json.loads(file.read_text("utf-8"))
        assert list(entries) == sorted(entries), f"{file.name} is not sorted"


def test_sources_are_literals() -> None:
    """A text put together at run time cannot be looked up; constants are marked in their place."""
    wrong = [
        f"{file}:{call.lineno}: {ast.unparse(call)[:80]}"
        for file, tree in _trees()
        if file.as_posix() != "gmops_desktop/language.py"
        for call in _calls(tree, "tr", "mark", "tr_n")
        for place in (call.args[:2] if ast.unparse(call.func) == "tr_n" else call.args[:1])
        if _text(place) is None
        and (ast.unparse(call.func) == "mark" or not _names_a_constant(place))
    ]
    assert not wrong, "not a literal or a marked constant:\n" + "\n".join(wrong)


def _names_a_constant(place: ast.expr) -> bool:
    if isinstance(place, ast.Call):  # _HINTS.get(platform, _HINTS["linux"])
        return isinstance(place.func, ast.Attribute) and place.func.attr == "get"
    return isinstance(place, ast.Name | ast.Subscript | ast.Attribute)


def test_no_text_reaches_the_screen_past_the_catalogue() -> None:
    wrong = [
        f"{file}:{call.lineno}: {ast.unparse(call)[:90]}"
        for file, tree in _trees()
        for call in _calls(tree, *SETTERS)
        # What has no two letters together is a sign or a number.
        if any(re.search(r"[^\W\d_]{2}", NO_WORDS.sub("", text)) for text in _shown(call))
    ]
    assert not wrong, "bypasses tr():\n" + "\n".join(wrong)


def _shown(call: ast.Call) -> Iterator[str]:
    """Yield the literals in a call of a setter that a person would read."""
    # In addItem(text, data) and addItem(icon, text, data) the literals after the text are data.
    places = call.args[:2] if "addItem" in ast.unparse(call.func) else call.args
    for place in [*places, *(word.value for word in call.keywords if word.arg in READ_WORDS)]:
        for part in place.elts if isinstance(place, ast.List | ast.Tuple) else [place]:
            if isinstance(part, ast.JoinedStr):
                yield "".join(_text(value) or "" for value in part.values)
            elif (literal := _text(part)) is not None:
                yield literal
                if "addItem" in ast.unparse(call.func):
                    return
