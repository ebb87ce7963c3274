"""Files that belong to what is recorded: kept by their digest, named by entries, proved."""

from gmops_desktop.services.attachments.kinds import Family, FileKind
from gmops_desktop.services.attachments.record import Attachment
from gmops_desktop.services.attachments.service import (
    MEGABYTE,
    PREVIEWED,
    Attachments,
    Content,
    Verified,
)
from gmops_desktop.services.attachments.texts import TextPart

__all__ = [
    "MEGABYTE",
    "PREVIEWED",
    "Attachment",
    "Attachments",
    "Content",
    "Family",
    "FileKind",
    "TextPart",
    "Verified",
]
