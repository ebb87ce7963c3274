"""Which language the terminal speaks, decided before a word is said and without touching the disk
more than it must: `gmops --help` has to work where nothing else does."""

from __future__ import annotations

import json
import locale
import os
from typing import Final

from gmops_desktop import language
from gmops_desktop.language import DEFAULT, LANGUAGES, Language
from gmops_desktop.paths import Home

VARIABLE: Final = "GMOPS_LANGUAGE"


def choose() -> Language:
    """Speak the language of `GMOPS_LANGUAGE`, else of the settings, else of the locale.

    An English locale means English; every other one, and none at all, means Chinese.
    """
    spoken = _known(os.environ.get(VARIABLE)) or _from_settings() or _from_locale()
    if spoken != "en":
        try:
            language.catalogue(spoken)
        except (OSError, ValueError):
            spoken = "en"  # a damaged installation must still be able to say so
    language.use(spoken)
    return spoken


def _known(name: object) -> Language | None:
    return next((known for known in LANGUAGES if known == name), None)


def _from_settings() -> Language | None:
    # A broken settings file is reported by the command that needs it, not by the choice of words.
    try:
        values = json.loads(Home.where().settings.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return _known(values.get("language")) if isinstance(values, dict) else None


def _from_locale() -> Language:
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG")
    if spoken is None and os.name == "nt":
        spoken = locale.getlocale()[0]  # "English_United States" or "Chinese (Simplified)_China"
    return "en" if (spoken or "").lower().startswith("en") else DEFAULT
