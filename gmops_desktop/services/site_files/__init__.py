"""The program files of a site: taken as archives, verified, previewed, restored, taken back."""

from gmops_desktop.services.site_files.changes import FileChange, TreePreview
from gmops_desktop.services.site_files.inventory import FileArchive
from gmops_desktop.services.site_files.ledger import FileRestore
from gmops_desktop.services.site_files.places import Place, parse_place, places_of
from gmops_desktop.services.site_files.service import SiteFiles

__all__ = [
    "FileArchive",
    "FileChange",
    "FileRestore",
    "Place",
    "SiteFiles",
    "TreePreview",
    "parse_place",
    "places_of",
]
