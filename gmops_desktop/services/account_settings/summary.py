"""What stands in the register of an archive: its counts, its menu, and whether it is whole."""

from __future__ import annotations

from gmops_desktop.archive.account import AccountSettings
from gmops_desktop.contract.account_menus import menu_of
from gmops_desktop.language import tr
from gmops_desktop.services.account_settings.reading import LISTS, PARTS


def counts_of(settings: AccountSettings) -> dict[str, int]:
    """Return how many buttons, rules, materials, drafts and tags an archive holds."""
    parts = settings.parts
    counts = {key: len(parts[key]) for key in LISTS if key in parts}
    if "menu" in parts or "selfmenu" in parts:
        counts["menu"] = len(menu_of(parts).lines())
    if "autoreply" in parts:
        counts["autoreply"] = len((parts["autoreply"].get("keyword_autoreply_info") or {})
                                  .get("list", ()))  # fmt: skip
    if "tags" in parts:
        counts["tags"] = len(parts["tags"].get("tags", ()))
    return counts


def menu_digest(settings: AccountSettings) -> str:
    """Return what stands for the menu as `get_current_selfmenu_info` tells it, which looks ask."""
    told = settings.parts.get("selfmenu")
    return menu_of({"selfmenu": told}).digest if told else ""


def verdict_of(settings: AccountSettings) -> str:
    """Say in plain words whether everything is in the archive."""
    lines = []
    for key in settings.parts:
        stated = (settings.parts.get("counts") or {}).get(f"{key}_count")
        if key in LISTS and stated is not None and stated != len(settings.parts[key]):
            lines.append(
                tr("{part}: WeChat counts {stated}, and listed {found}.",
                   part=tr(PARTS[key].word), stated=stated, found=len(settings.parts[key]))
            )  # fmt: skip
    lines += [
        tr("Missing: {part}. {why}", part=tr(PARTS[key].word), why=why)
        for key, why in settings.missing.items()
    ]
    return "\n".join(lines) or tr("Everything the interfaces tell is in it.")
