"""What a file is, judged by its content; its name counts only where it decides who opens it.

A program stays a program whatever it is called; and what a system would run because of its name
(`report.bat` holds plain text) is one, too.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from gmops_desktop.language import mark, tr
from gmops_desktop.services.attachments.texts import decoded

Family = Literal["picture", "pdf", "document", "text", "packed", "media", "program", "data"]

HEAD: Final = 65_536  # bytes from the begin that are enough to judge


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file; `key` stands in the journal."""

    key: str
    family: Family
    source: str  # the English word

    @property
    def word(self) -> str:
        """The word for it, in the user's language."""
        return tr(self.source)

    @property
    def runs(self) -> bool:
        """Whether opening it would run something."""
        return self.family == "program"


_KINDS: Final = {
    kind.key: kind
    for kind in (
        FileKind("png", "picture", mark("PNG picture")),
        FileKind("jpeg", "picture", mark("JPEG picture")),
        FileKind("gif", "picture", mark("GIF picture")),
        FileKind("webp", "picture", mark("WebP picture")),
        FileKind("bmp", "picture", mark("BMP picture")),
        FileKind("tiff", "picture", mark("TIFF picture")),
        FileKind("heic", "picture", mark("HEIC picture")),
        FileKind("pdf", "pdf", mark("PDF document")),
        FileKind("word", "document", mark("Word document")),
        FileKind("excel", "document", mark("Excel workbook")),
        FileKind("powerpoint", "document", mark("PowerPoint slides")),
        FileKind("odf", "document", mark("OpenDocument file")),
        FileKind("ofd", "document", mark("OFD document")),
        FileKind("ole", "document", mark("Office file (old format)")),
        FileKind("text", "text", mark("Text")),
        FileKind("html", "text", mark("Web page")),
        FileKind("svg", "text", mark("SVG drawing")),
        FileKind("zip", "packed", mark("ZIP archive")),
        FileKind("gzip", "packed", mark("gzip archive")),
        FileKind("bzip2", "packed", mark("bzip2 archive")),
        FileKind("xz", "packed", mark("xz archive")),
        FileKind("zstd", "packed", mark("Zstandard archive")),
        FileKind("7z", "packed", mark("7z archive")),
        FileKind("rar", "packed", mark("RAR archive")),
        FileKind("tar", "packed", mark("tar archive")),
        FileKind("age", "packed", mark("Sealed file (age)")),
        FileKind("mp3", "media", mark("MP3 sound")),
        FileKind("wav", "media", mark("WAV sound")),
        FileKind("amr", "media", mark("AMR sound")),
        FileKind("ogg", "media", mark("Ogg sound")),
        FileKind("mp4", "media", mark("MP4 film")),
        FileKind("webm", "media", mark("WebM film")),
        FileKind("windows-program", "program", mark("Windows program")),
        FileKind("linux-program", "program", mark("Linux program")),
        FileKind("mac-program", "program", mark("macOS program")),
        FileKind("java-program", "program", mark("Java program")),
        FileKind("android-program", "program", mark("Android program")),
        FileKind("package", "program", mark("Software package")),
        FileKind("script", "program", mark("Script")),
        FileKind("shortcut", "program", mark("Shortcut")),
        FileKind("macros", "program", mark("Document with macros")),
        FileKind("empty", "data", mark("Empty file")),
        FileKind("sqlite", "data", mark("SQLite database")),
        FileKind("data", "data", mark("Data of an unknown kind")),
    )
}

_BEGINS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x50\x2a\x4d\x18", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"age-encryption.org/v1\n", "age"),
    (b"ID3", "mp3"),
    (b"\xff\xfb", "mp3"),
    (b"\xff\xf3", "mp3"),
    (b"#!AMR", "amr"),
    (b"OggS", "ogg"),
    (b"\x1a\x45\xdf\xa3", "webm"),
    (b"SQLite format 3\0", "sqlite"),
    (b"\x7fELF", "linux-program"),
    (b"\xcf\xfa\xed\xfe", "mac-program"),
    (b"\xce\xfa\xed\xfe", "mac-program"),
    (b"\xfe\xed\xfa\xcf", "mac-program"),
    (b"\xca\xfe\xba\xbe", "java-program"),  # a class file, or a macOS program for two processors
    (b"L\0\0\0\x01\x14\x02\0", "shortcut"),
    (b"!<arch>\ndebian-binary", "package"),
    (b"\xed\xab\xee\xdb", "package"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"#!", "script"),
)
_FILM_BRANDS: Final = {b"heic": "heic", b"heix": "heic", b"mif1": "heic", b"msf1": "heic"}
_PACKED: Final[tuple[tuple[str, str], ...]] = (  # what a member's name says of a ZIP, worst first
    ("vbaProject.bin", "macros"),
    ("AndroidManifest.xml", "android-program"),
    ("META-INF/MANIFEST.MF", "java-program"),
    ("OFD.xml", "ofd"),
    ("word/", "word"),
    ("xl/", "excel"),
    ("ppt/", "powerpoint"),
    ("mimetype", "odf"),
)
_RUN_BY_NAME: Final = {
    "windows-program": "exe com scr pif cpl dll msi msp msix appx",
    "package": "deb rpm pkg dmg apk appimage iso img vhd vhdx",
    "script": "bat cmd ps1 psm1 vbs vbe js jse wsf wsh hta sct reg inf chm sh bash command run py "
    "pyw pl rb php",
    "shortcut": "lnk url desktop webloc scf",
    "macros": "docm dotm xlsm xltm xlam xll pptm potm ppam ppsm",
    "java-program": "jar",
}
_BY_NAME: Final = {end: key for key, ends in _RUN_BY_NAME.items() for end in ends.split()}


def kind_named(key: str) -> FileKind:
    """Return the kind of that key; one that a newer program wrote is data to us."""
    return _KINDS.get(key, _KINDS["data"])


def kind_of(head: bytes, name: str, members: Iterable[str] = ()) -> FileKind:
    """Return what a file is: `head` is its begin (`HEAD` bytes), `members` the names in a ZIP."""
    found = _by_content(head, members)
    ending = name.rpartition(".")[2].casefold() if "." in name else ""
    return _KINDS[found] if _KINDS[found].runs else _KINDS[_BY_NAME.get(ending, found)]


def kind_of_file(path: Path, head: bytes, name: str) -> FileKind:
    """Return what the file at `path` is, which is to be called `name`."""
    return kind_of(head, name, _members(path) if head.startswith(b"PK\x03\x04") else ())


def _by_content(head: bytes, members: Iterable[str]) -> str:
    if not head:
        return "empty"
    for begin, key in _BEGINS:
        if head.startswith(begin):
            return key
    if head[:2] == b"MZ" and _has_header(head):
        return "windows-program"
    if head[:2] == b"BM" and int.from_bytes(head[6:10], "little") == 0 and len(head) > 26:
        return "bmp"
    if head[:4] == b"RIFF":
        return {b"WEBP": "webp", b"WAVE": "wav"}.get(head[8:12], "data")
    if head[4:8] == b"ftyp":
        return _FILM_BRANDS.get(head[8:12], "mp4")
    if b"%PDF-" in head[:1024]:  # readers take it there, too
        return "pdf"
    if head[:4] == b"PK\x03\x04":
        return _packed(members)
    if head[257:262] == b"ustar":
        return "tar"
    return _written(head)


def _has_header(head: bytes) -> bool:
    """Whether "MZ" begins a program, not a text such as "MZ-0012 has no light"."""
    return b"\0" in head[:64]


def _packed(members: Iterable[str]) -> str:
    names = list(members)
    for wanted, key in _PACKED:
        if any(one.startswith(wanted) or one.endswith(f"/{wanted}") for one in names):
            return key
    return "zip"


def _members(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as packed:
            return packed.namelist()
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return []  # a ZIP that cannot be listed is a ZIP all the same


def _written(head: bytes) -> str:
    """Say whether `head` is text, and whether marked up; else it is data."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "text"
    if any(byte < 9 or 13 < byte < 27 for byte in head):
        return "data"
    found = decoded(head)
    if found is None:
        return "data"
    begin = found[0].lstrip("\ufeff \t\r\n")[:2000].casefold()
    if begin.startswith(("<!doctype html", "<html")):
        return "html"
    return "svg" if begin.startswith(("<?xml", "<svg")) and "<svg" in begin else "text"
