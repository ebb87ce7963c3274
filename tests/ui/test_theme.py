"""The look keeps what it promises: contrast, fonts, and a live switch."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QWidget

from gmops_desktop.states import STATES
from ui.theme import DARK, LIGHT, Appearance, Tokens, contrast, load_fonts, tokens_of

THEMES = pytest.mark.parametrize("t", [LIGHT, DARK], ids=["light", "dark"])


@THEMES
def test_words_reach_aa_on_everything_they_stand_on(t: Tokens) -> None:
    grounds = (t.surface, t.window, t.sunken, t.hover)
    pairs = [(ink, ground) for ink in (t.text, t.text2, t.text3) for ground in grounds]
    pairs += [(ink, t.accent_soft) for ink in (t.text, t.text2, t.text3)]
    pairs += [(t.accent, t.surface), (t.accent, t.accent_soft)]
    pairs += [(t.on_accent, t.accent), (t.on_accent, t.accent_hover)]
    for state in STATES:
        colours = t.state(state)
        pairs += [(colours.ink, t.surface), (colours.ink, colours.soft), (t.text, colours.soft)]
        pairs += [(t.text2, colours.soft)]
    weak = [(ink, ground) for ink, ground in pairs if contrast(ink, ground) < 4.5]
    assert not weak


@THEMES
def test_shapes_and_borders_reach_three_to_one(t: Tokens) -> None:
    pairs = [(t.control, t.surface), (t.accent, t.surface)]
    for state in STATES:
        pairs += [(t.state(state).fill, t.surface), (t.state(state).fill, t.state(state).soft)]
    weak = [(ink, ground) for ink, ground in pairs if contrast(ink, ground) < 3]
    assert not weak


def test_the_bundled_fonts_are_the_family_of_the_theme(qapp: QApplication) -> None:
    assert "Noto Sans SC" in load_fonts()


def test_a_choice_shows_at_once_and_painted_widgets_follow(qapp: QApplication) -> None:
    painted = QWidget()  # as painted widgets are; the ground of a label is transparent
    appearance = Appearance(qapp, "light")
    qapp.processEvents()  # another test may have left the application dark
    assert tokens_of(painted) is LIGHT
    appearance.choose("dark")
    qapp.processEvents()
    assert tokens_of(painted) is DARK
    appearance.choose("light")
