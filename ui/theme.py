"""The look: colours of both themes, type scale, palette, style sheet, and switching between them.

Painted widgets ask `tokens_of(self)`, which reads the theme from the widget's palette, so a switch
between light and dark needs no bookkeeping.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from gmops_desktop.paths import RESOURCES
from gmops_desktop.settings import Theme
from gmops_desktop.states import STATES, State

Role = Literal["caption", "body", "title", "figure"]

FAMILY: Final = "Noto Sans SC"
SIZES: Final[dict[Role, int]] = {"caption": 12, "body": 13, "title": 16, "figure": 24}
UNIT: Final = 8  # the grid; 4 is the only half step
GAP: Final = 12  # between cards
RADIUS: Final = 4  # buttons, fields, chips; cards have 6
CONTROL_HEIGHT: Final = 30
PRIMARY_HEIGHT: Final = 36
ROW_HEIGHT: Final = 30
CARD_ROW_HEIGHT: Final = 28  # tables inside cards
QUEUE_ROW_HEIGHT: Final = 32  # rows that are queued work
HEADER_HEIGHT: Final = 28
HEAD_HEIGHT: Final = 52  # of a page
STRIP_HEIGHT: Final = 36
RAIL_WIDTH: Final = 88
RAIL_TAB_HEIGHT: Final = 64


@dataclass(frozen=True, slots=True)
class StateColours:
    """Colours of one state: `ink` for words, `fill` for shapes and bars, `soft` behind both."""

    ink: str
    fill: str
    soft: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """All colours of one theme as `#rrggbb`."""

    window: str  # behind the cards
    surface: str  # cards, tables, fields
    sunken: str  # wells, tracks, disabled
    hover: str
    line: str  # hairlines that only separate
    control: str  # border of a field or button, at least 3:1 on surface
    text: str
    text2: str  # secondary text
    text3: str  # hints, units, placeholders, disabled
    accent: str
    accent_hover: str
    on_accent: str
    accent_soft: str  # selection, today
    ok: StateColours
    warning: StateColours
    critical: StateColours
    unknown: StateColours

    def state(self, state: State) -> StateColours:
        """Return the colours of `state`."""
        colours: StateColours = getattr(self, state)
        return colours


LIGHT: Final = Tokens(
    window="#f4f5f7",
    surface="#ffffff",
    sunken="#eff1f4",
    hover="#f4f6f9",
    line="#e2e5ea",
    control="#858e9a",
    text="#1b222c",
    text2="#4b5563",
    text3="#5f6976",
    accent="#1f5fae",
    accent_hover="#184e91",
    on_accent="#ffffff",
    accent_soft="#e6eefa",
    ok=StateColours("#0b6b5d", "#14907d", "#e0f3ef"),
    warning=StateColours("#8a5300", "#c27700", "#fdf1da"),
    critical=StateColours("#ab1f1f", "#cb2f2f", "#fce9e8"),
    unknown=StateColours("#545b70", "#757c92", "#eceef3"),
)

DARK: Final = Tokens(
    window="#15181c",
    surface="#1d2126",
    sunken="#262b31",
    hover="#252a30",
    line="#30363d",
    control="#6f7984",
    text="#e5e8ec",
    text2="#b3bbc5",
    text3="#98a2ae",
    accent="#7db0f3",
    accent_hover="#9cc4f8",
    on_accent="#0b1a2c",
    accent_soft="#22364f",
    ok=StateColours("#5fcdb6", "#37b099", "#163630"),
    warning=StateColours("#f0b860", "#dd9a2c", "#3b2f17"),
    critical=StateColours("#ff9a91", "#ee6a60", "#452422"),
    unknown=StateColours("#b5bace", "#8d94ab", "#2c303a"),
)


class Appearance(QObject):
    """Keeps the application in the theme the user chose, or in the system's, live."""

    def __init__(self, application: QApplication, choice: Theme = "system") -> None:
        super().__init__(application)
        self._application = application
        self._choice: Theme = choice
        self._shown: Tokens | None = None
        application.setStyle("Fusion")
        application.styleHints().colorSchemeChanged.connect(self._follow)
        self.choose(choice)

    @property
    def tokens(self) -> Tokens:
        """The colours in use."""
        if self._choice == "system":
            scheme = self._application.styleHints().colorScheme()
            return DARK if scheme == Qt.ColorScheme.Dark else LIGHT
        return DARK if self._choice == "dark" else LIGHT

    def choose(self, choice: Theme) -> None:
        """Show the user's choice at once; "system" follows the system from now on."""
        self._choice = choice
        hints = self._application.styleHints()
        # The system draws title bars and its own dialogs: they should match.
        schemes = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
        if choice in schemes:
            hints.setColorScheme(schemes[choice])
        else:
            hints.unsetColorScheme()
        self._follow()

    @contextmanager
    def undressed(self) -> Iterator[None]:
        """Let widgets be made without the style sheet, and give it to all of them at the end.

        With it, every widget is styled anew each time that one above it gets a parent: half of the
        time it takes to make the window.
        """
        _give_sheet(self._application, "")
        try:
            yield
        finally:
            _give_sheet(self._application, style_sheet(self.tokens))

    @Slot()
    def _follow(self) -> None:
        if self._shown is not self.tokens:
            self._shown = self.tokens
            dress(self._application, self.tokens)


def dress(application: QApplication, t: Tokens) -> None:
    """Give `application` fonts, palette and style sheet of one theme."""
    load_fonts()
    application.setFont(font())
    application.setPalette(palette(t))
    _give_sheet(application, style_sheet(t))


def _give_sheet(application: QApplication, sheet: str) -> None:
    """Style all widgets.  Qt goes through a list of them, and the collector of garbage must not
    take one away meanwhile: that of a closed window did, and the program crashed."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        application.setStyleSheet(sheet)
    finally:
        if collecting:
            gc.enable()


@cache
def load_fonts() -> tuple[str, ...]:
    """Load the bundled fonts once; return their families."""
    families: list[str] = []
    fonts = RESOURCES / "fonts"
    # The second one holds the rare characters of names; Qt falls back to it by itself.
    for file in (*sorted(fonts.glob("NotoSansSC-*.ttf")), fonts / "RareHan-Regular.ttf"):
        number = QFontDatabase.addApplicationFont(str(file))
        families += QFontDatabase.applicationFontFamilies(number)
    return tuple(dict.fromkeys(families))


def tokens_of(widget: QWidget | None) -> Tokens:
    """Return the tokens of the theme that `widget` is shown in (of the application, for None)."""
    shown = widget.palette() if widget else QApplication.palette()
    return DARK if shown.color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT


def font(role: Role = "body", weight: int = 400) -> QFont:
    """Return the font of one of the four sizes; weights 400, 500 and 700 are bundled."""
    made = QFont(FAMILY)
    made.setPixelSize(SIZES[role])
    made.setWeight(QFont.Weight(weight))
    return made


def contrast(first: str, second: str) -> float:
    """Return the WCAG 2 contrast ratio (1 to 21) of two opaque colours."""

    def luminance(colour: str) -> float:
        shade = QColor(colour)
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
            for part in (shade.redF(), shade.greenF(), shade.blueF())
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def palette(t: Tokens) -> QPalette:
    """Return the palette; plain Qt widgets look right with it and without any style sheet."""
    roles, made = QPalette.ColorRole, QPalette()
    colours = {
        t.window: (roles.Window,),
        t.surface: (roles.Base, roles.Button, roles.ToolTipBase),
        t.hover: (roles.AlternateBase,),
        t.line: (roles.Mid, roles.Light, roles.Midlight),
        t.control: (roles.Dark, roles.Shadow),
        t.text: (roles.WindowText, roles.Text, roles.ButtonText, roles.ToolTipText),
        t.text3: (roles.PlaceholderText,),
        t.accent: (roles.Accent, roles.Link),
        t.accent_soft: (roles.Highlight,),
    }
    for colour, places in colours.items():
        for role in places:
            made.setColor(role, QColor(colour))
    made.setColor(roles.HighlightedText, QColor(t.text))
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(t.text3))
    return made


def style_sheet(t: Tokens) -> str:
    """Return the application style sheet; what it does not name comes from the palette.

    Dynamic properties choose variants: `kind` on buttons (primary, danger, quiet, chip, column,
    segment with `edge` first or last) and frames (card, head, strip, foot, line, well, chip,
    notice-<state>), `role` on labels (caption, hint, strong, title, figure), `ink` on labels (a
    state, or accent), `scale` large on the one big button.
    """
    low = CONTROL_HEIGHT - 2
    images = (RESOURCES / "icons").as_posix()
    theme = "light" if t is LIGHT else "dark"
    caret, check = f"{images}/caret-{theme}.svg", f"{images}/check-{theme}.svg"
    states = ""
    for state in STATES:
        colours = t.state(state)
        states += f"""
QFrame[kind="notice-{state}"] {{ background: {colours.soft}; border: none;
    border-left: 3px solid {colours.fill}; }}
QLabel[ink="{state}"] {{ color: {colours.ink}; }}"""
    return f"""
* {{ font-family: "{FAMILY}"; font-size: {SIZES["body"]}px; }}
QLabel {{ background: transparent; }}
QLabel[role="caption"] {{ font-size: {SIZES["caption"]}px; color: {t.text2}; }}
QLabel[role="hint"] {{ font-size: {SIZES["caption"]}px; color: {t.text3}; }}
QLabel[role="strong"] {{ font-weight: 500; }}
QLabel[role="title"] {{ font-size: {SIZES["title"]}px; font-weight: 500; }}
QLabel[role="figure"] {{ font-size: {SIZES["figure"]}px; font-weight: 500; }}
QLabel[ink="accent"] {{ color: {t.accent}; }}
QFrame[kind] {{ background: {t.surface}; border: none; }}
QFrame[kind="card"] {{ border: 1px solid {t.line}; border-radius: 6px; }}
QFrame[kind="card"][selected="true"] {{ border: 2px solid {t.accent}; }}
QFrame[kind="head"] {{ border-bottom: 1px solid {t.line}; }}
QFrame[kind="strip"], QFrame[kind="foot"] {{ border-top: 1px solid {t.line}; }}
QFrame[kind="line"] {{ background: {t.line}; }}
QFrame[kind="well"], QFrame[kind="chip"] {{ background: {t.sunken};
    border-radius: {RADIUS}px; }}
{states}
QPushButton {{ min-height: {low}px; padding: 0 12px; color: {t.text}; background: {t.surface};
    border: 1px solid {t.control}; border-radius: {RADIUS}px; }}
QPushButton:hover {{ background: {t.hover}; }}
QPushButton:pressed {{ background: {t.sunken}; }}
QPushButton:focus {{ border: 2px solid {t.accent}; padding: 0 11px; min-height: {low - 2}px; }}
QPushButton[kind="primary"] {{ color: {t.on_accent}; background: {t.accent}; font-weight: 500;
    border-color: {t.accent}; }}
QPushButton[kind="primary"]:hover {{ background: {t.accent_hover}; }}
QPushButton[kind="primary"]:focus {{ border-color: {t.text}; }}
QPushButton[kind="danger"] {{ color: {t.critical.ink}; border-color: {t.critical.fill}; }}
QPushButton[kind="quiet"] {{ color: {t.accent}; background: transparent; padding: 0 8px;
    border-color: transparent; }}
QPushButton[kind="quiet"]:hover {{ background: {t.accent_soft}; }}
QPushButton[kind="quiet"]:focus {{ padding: 0 7px; border-color: {t.accent}; }}
QPushButton[kind="segment"] {{ color: {t.text2}; border-radius: 0; margin-left: -1px;
    min-height: {low - 2}px; }}
QPushButton[kind="segment"]:focus {{ padding: 0 12px; border: 1px solid {t.accent}; }}
QPushButton[kind="segment"][edge="first"] {{ margin-left: 0;
    border-top-left-radius: {RADIUS}px; border-bottom-left-radius: {RADIUS}px; }}
QPushButton[kind="segment"][edge="last"] {{
    border-top-right-radius: {RADIUS}px; border-bottom-right-radius: {RADIUS}px; }}
QPushButton[kind="segment"]:checked {{ color: {t.accent}; background: {t.accent_soft};
    font-weight: 500; }}
QPushButton[kind="column"] {{ min-height: 20px; padding: 0 3px; color: {t.text2};
    background: transparent; border: 1px solid transparent; font-size: {SIZES["caption"]}px; }}
QPushButton[kind="column"]:hover {{ color: {t.accent}; }}
QPushButton[kind="column"]:checked {{ color: {t.text}; font-weight: 500; }}
QPushButton[kind="column"]:focus {{ min-height: 20px; padding: 0 3px;
    border: 1px solid {t.accent}; }}
QPushButton[kind="chip"] {{ min-height: 22px; padding: 0 8px; color: {t.text2};
    background: {t.sunken}; border-color: transparent; font-size: {SIZES["caption"]}px; }}
QPushButton[kind="chip"]:hover {{ color: {t.accent}; }}
QPushButton[kind="chip"]:focus {{ min-height: 20px; padding: 0 7px;
    border: 2px solid {t.accent}; }}
QPushButton[scale="large"] {{ min-height: {PRIMARY_HEIGHT - 2}px; padding: 0 16px; }}
QPushButton[scale="small"] {{ min-height: 22px; padding: 0 8px; }}
QPushButton[scale="small"]:focus {{ min-height: 20px; padding: 0 7px; }}
QPushButton[kind]:disabled, QPushButton:disabled {{ color: {t.text3}; background: {t.sunken};
    border-color: {t.line}; }}
QPushButton[kind="quiet"]:disabled {{ background: transparent; border-color: transparent; }}
QLineEdit, QComboBox, QPlainTextEdit, QTextEdit, QAbstractSpinBox {{ background: {t.surface};
    color: {t.text}; padding: 0 8px; border: 1px solid {t.control}; border-radius: {RADIUS}px;
    selection-background-color: {t.accent}; selection-color: {t.on_accent}; }}
QLineEdit, QComboBox, QAbstractSpinBox {{ min-height: {low}px; }}
QPlainTextEdit, QTextEdit {{ padding: 4px; }}
QLineEdit:focus, QComboBox:focus, QAbstractSpinBox:focus {{
    border: 2px solid {t.accent}; padding: 0 7px; min-height: {low - 2}px; }}
QAbstractSpinBox QLineEdit, QComboBox QLineEdit {{ background: transparent;
    border: none; padding: 0; min-height: 0; }}
QSpinBox QLineEdit, QDoubleSpinBox QLineEdit {{ padding: 0 6px; }}
QSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::up-button,
QDoubleSpinBox::down-button {{ width: 20px; border: none; background: none;
    subcontrol-origin: border; }}
QSpinBox::up-button, QDoubleSpinBox::up-button {{ subcontrol-position: top right; }}
QSpinBox::down-button, QDoubleSpinBox::down-button {{ subcontrol-position: bottom right; }}
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow {{ image: url("{images}/caret-up-{theme}.svg");
    width: 10px; height: 10px; }}
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow {{ image: url("{caret}"); width: 10px;
    height: 10px; }}
QPlainTextEdit:focus, QTextEdit:focus {{ border: 2px solid {t.accent}; padding: 3px; }}
QLineEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled {{ color: {t.text3};
    background: {t.sunken}; border-color: {t.line}; }}
QFrame[kind="well"] QPlainTextEdit {{ background: transparent; border: none;
    color: {t.text2}; font-size: {SIZES["caption"]}px; }}
QComboBox::drop-down, QDateTimeEdit::drop-down {{ border: none; width: 24px; }}
QComboBox::down-arrow, QDateTimeEdit::down-arrow {{ image: url("{caret}"); width: 12px;
    height: 12px; }}
QComboBox QAbstractItemView {{ background: {t.surface}; border: 1px solid {t.control};
    selection-background-color: {t.accent_soft}; selection-color: {t.text}; outline: none; }}
QCheckBox, QRadioButton {{ spacing: 8px; background: transparent; }}
QCheckBox::indicator {{ width: 14px; height: 14px; border: 1px solid {t.control};
    border-radius: 3px; background: {t.surface}; }}
QCheckBox::indicator:checked {{ background: {t.accent}; border-color: {t.accent};
    image: url("{check}"); }}
QCheckBox::indicator:focus {{ border-color: {t.accent}; }}
QHeaderView, QTableView, QListView, QTreeView {{ background: {t.surface}; border: none;
    outline: none; }}
QHeaderView::section {{ background: {t.surface}; color: {t.text2}; border: none; padding: 0 8px;
    border-bottom: 1px solid {t.line}; font-size: {SIZES["caption"]}px; }}
QHeaderView[kind="months"]::section {{ padding: 0; border: none; }}
QHeaderView::down-arrow {{ image: url("{caret}"); width: 10px; height: 10px;
    subcontrol-position: center right; right: 6px; }}
QHeaderView::up-arrow {{ image: url("{images}/caret-up-{theme}.svg"); width: 10px;
    height: 10px; subcontrol-position: center right; right: 6px; }}
QProgressBar {{ background: {t.line}; border: none; border-radius: 3px; max-height: 6px;
    min-height: 6px; }}
QProgressBar::chunk {{ background: {t.accent}; border-radius: 3px; }}
QScrollArea, QScrollArea > QWidget > QWidget[kind="body"] {{ background: transparent;
    border: none; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {t.control}; border-radius: 3px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 32px; }}
QScrollBar::handle:horizontal {{ min-width: 32px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ height: 0; width: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QTabWidget::pane {{ border: none; border-left: 1px solid {t.line}; }}
QMenu {{ background: {t.surface}; border: 1px solid {t.control}; padding: 4px 0; }}
QMenu::item {{ padding: 5px 24px 5px 12px; color: {t.text}; }}
QMenu::item:selected {{ background: {t.accent_soft}; }}
QMenu::item:disabled {{ color: {t.text3}; }}
QMenu::separator {{ height: 1px; background: {t.line}; margin: 4px 0; }}
QDialog {{ background: {t.surface}; }}
QSplitter::handle {{ background: transparent; }}
QToolTip {{ background: {t.surface}; color: {t.text}; border: 1px solid {t.control};
    padding: 2px; }}
"""
