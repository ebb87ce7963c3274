"""Qt's own words (its buttons, its file dialogs) in the user's language."""

from __future__ import annotations

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from gmops_desktop import language


def speak(application: QApplication, chosen: language.Language) -> None:
    """Let the program and Qt speak `chosen` from now on."""
    language.use(chosen)
    QLocale.setDefault(QLocale("zh_CN" if chosen == "zh_CN" else "en_GB"))
    old = application.findChild(QTranslator, "words of Qt")
    if old is not None:
        application.removeTranslator(old)
        old.deleteLater()
        old.setObjectName("")
    if chosen == "en":
        return
    words = QTranslator(application)
    words.setObjectName("words of Qt")
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if words.load(f"qtbase_{chosen}", folder):
        application.installTranslator(words)
