"""Which accounts must not be asked for a while, since WeChat refused in a way that asking again
makes worse."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from gmops_desktop.adapters.wechat.refusals import WeChatRefused
from gmops_desktop.language import tr
from gmops_desktop.paths import write_atomically

logger = logging.getLogger(__name__)

# For how long asking again would only be refused again, or do harm.
_PAUSES: Final[Mapping[int, timedelta]] = {
    45011: timedelta(minutes=1),
    89503: timedelta(minutes=5),
    89506: timedelta(hours=1),
    89507: timedelta(hours=1),
}


class Pauses:
    """Kept in a file, so that they outlast the program, and hold for another one beside it."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def check(self, app_id: str, now: datetime) -> None:
        """Raise the refusal again while it holds."""
        kept = self._kept().get(app_id)
        if kept is not None and now < kept[0]:
            old = kept[1]
            refusal = WeChatRefused(old.code, old.said, old.path, direct=old.direct)
            until = f"{kept[0].astimezone():%H:%M:%S}"
            refusal.unharmed = tr(
                "Nothing was asked now: WeChat wants to be left alone until {time}.", time=until
            )
            raise refusal

    def note(self, app_id: str, refusal: WeChatRefused, now: datetime) -> None:
        """Remember a refusal, if it is of the kind that must be waited out."""
        if refusal.code not in _PAUSES:
            return
        standing = {id: one for id, one in self._kept().items() if now < one[0]}
        standing[app_id] = (now + _PAUSES[refusal.code], refusal)
        told = {
            id: {
                "until": until.isoformat(), "code": one.code, "said": one.said, "path": one.path,
                "direct": one.direct,
            }
            for id, (until, one) in standing.items()
        }  # fmt: skip
        try:
            write_atomically(self._file, json.dumps(told).encode())
        except OSError as error:  # a full disk: WeChat will say it once more
            logger.warning("The pauses of accounts could not be written: %s", error)

    def _kept(self) -> dict[str, tuple[datetime, WeChatRefused]]:
        try:
            told: dict[str, dict[str, Any]] = json.loads(self._file.read_text("utf-8"))
            return {
                id: (
                    datetime.fromisoformat(one["until"]),
                    WeChatRefused(one["code"], one["said"], one["path"], direct=one["direct"]),
                )
                for id, one in told.items()
            }
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            logger.warning("The pauses of accounts cannot be read: %s", error)
            return {}
