"""An account's settings in words, for the window and the terminal alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from gmops_desktop.language import tr, tr_n
from ui import words

if TYPE_CHECKING:  # `gmops --help` reads this, and must not wait for the store
    from gmops_desktop.services.account_quotas import Cleared
    from gmops_desktop.services.account_settings import AccountArchive, Difference

SIGNS: Final = {"added": "+", "changed": "~", "removed": "-", "moved": "↕"}


def archive_word(archive: AccountArchive) -> str:
    """Return what names an archive in a list: when, and whether it was taken before a restore."""
    stamp = words.stamp(archive.at)
    if archive.purpose == "account-safety":
        return f"{stamp} · {tr('Safety copy')}"
    return stamp


def kind_word(kind: str) -> str:
    """Return the word for what happened to a thing."""
    match kind:
        case "added":
            return tr("added", context="account")
        case "changed":
            return tr("changed", context="account")
        case "removed":
            return tr("removed", context="account")
        case _:
            return tr("order changed", context="account")


def difference_line(one: Difference) -> str:
    """Return a difference as one line: what, where, and what it was and is."""
    told = " → ".join(filter(None, (one.before, one.after)))
    head = f"{SIGNS[one.kind]} [{one.part}] {one.name}{tr(': ')}{kind_word(one.kind)}"
    return f"{head} ({told})" if told else head


def counts_text(counts: Mapping[str, int]) -> str:
    """Say how much an archive holds."""
    said: dict[str, Callable[[int], str]] = {
        "menu": lambda n: tr_n("{count} button", "{count} buttons", n),
        "autoreply": lambda n: tr_n("{count} reply rule", "{count} reply rules", n),
        "image": lambda n: tr_n("{count} image", "{count} images", n),
        "video": lambda n: tr_n("{count} video", "{count} videos", n),
        "voice": lambda n: tr_n("{count} voice", "{count} voices", n),
        "news": lambda n: tr_n("{count} article", "{count} articles", n),
        "drafts": lambda n: tr_n("{count} draft", "{count} drafts", n),
        "tags": lambda n: tr_n("{count} tag", "{count} tags", n),
    }
    return tr(", ").join(word(counts[key]) for key, word in said.items() if counts.get(key))


def quota_words(cleared: Cleared) -> str:
    """Return how often it was done this month, and may be at most."""
    if not cleared.count:
        return tr("Not done from here this month; others may have.")
    last = words.stamp(cleared.last) if cleared.last else ""
    return tr(
        "Done from here this month: {count}, the last at {last}. Left at most: {left}.",
        count=cleared.count,
        last=last,
        left=cleared.left,
    )
