"""Archives of files made by hand, to do harm: each is refused with a sentence."""

from __future__ import annotations

import hashlib
import struct
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from gmops import ROOT
from gmops_desktop.archive.frames import compress
from gmops_desktop.archive.tree import safety
from gmops_desktop.archive.tree.manifest import TreeManifest, TreeSource, listing
from gmops_desktop.archive.tree.packing import body, groups, header, signature
from gmops_desktop.archive.tree.reader import TreeReader
from gmops_desktop.archive.tree.verification import verify
from gmops_desktop.archive.writer import ArchiveWriter
from gmops_desktop.context import Context
from gmops_desktop.contract.exclusions import USUAL, excluded
from gmops_desktop.contract.trees import Entry, in_order, raw, shown, text
from gmops_desktop.errors import ProofFailed

WORDS = b"hello\n"


def folder(path: str) -> Entry:
    return Entry(path, "folder", 0o755, 0, 0, "root", "root")


def file(path: str, **more) -> Entry:
    digest = hashlib.sha256(WORDS).hexdigest()
    return replace(Entry(path, "file", 0o644, 0, 0, "", "", len(WORDS), digest=digest), **more)


def link(path: str, target: str) -> Entry:
    return Entry(path, "link", 0o777, 0, 0, "", "", target=target)


def hard(path: str, target: str) -> Entry:
    return Entry(path, "hard", 0o644, 0, 0, "", "", target=target)


def write(path: Path, entries: list[Entry], *, tar: list[Entry] | None = None) -> Path:
    """Write an archive of `entries`, whose tar is of `tar` where that is another thing."""
    with ArchiveWriter(path) as writer:
        writer.add(signature())
        placed: list[Entry] = []
        for group in groups(entries):
            told = group.entries if tar is None else tar
            parts = [header(one) + (body(WORDS) if one.kind == "file" else b"") for one in told]
            placed += group.placed(writer.add(b"".join(parts)))
        listed = [writer.add(piece) for piece in listing(placed)]
        writer.settle()
        writer.finish(manifest(writer.digests, placed, listed[0]))
    return path


def manifest(frames: list[str], entries: list[Entry], listed: int) -> TreeManifest:
    at = datetime(2018, 4, 1, tzinfo=UTC)
    files = [entry for entry in entries if entry.kind == "file"]
    return TreeManifest(
        tool="test",
        source=TreeSource("web.example", 22, "root", "/srv/site"),
        begun=at,
        ended=at,
        excluded=(),
        remarks=(),
        entries=len(entries),
        files=len(files),
        content_bytes=sum(entry.size for entry in files),
        listed=listed,
        frames=tuple(frames),
    )


def found(path: Path) -> str:
    outcome = verify(path, Context())
    assert not outcome.ok
    return "\n".join(outcome.faults)


def test_sound_one_is_proved(tmp_path: Path) -> None:
    entries = [folder(""), folder("a"), file("a/b"), hard("a/c", "a/b"), link("d", "/etc/passwd")]
    path = write(tmp_path / "x.tar.zst", entries)
    outcome = verify(path, Context())
    assert outcome.ok, outcome.faults
    assert outcome.files == 5
    with TreeReader(path) as reader:
        assert reader.content(reader.entries[2]) == WORDS
        safety.check(reader.entries)


HARMFUL = {
    "parent": ([folder(""), file("../evil")], "leads out of its directory"),
    "parent inside": ([folder(""), folder("a"), file("a/../../evil")], "leads out"),
    "absolute": ([folder(""), file("/etc/cron.d/evil")], "absolute path"),
    "through a link": ([folder(""), link("a", "/etc"), file("a/evil")], "no folder of its own"),
    "link over a folder": ([folder(""), folder("a"), link("a", "/etc"), file("a/e")], "twice"),
    "through a file": ([folder(""), file("a"), file("a/evil")], "no folder of its own"),
    "nul": ([folder(""), file("a\0b")], "NUL"),
    "hard link out": ([folder(""), hard("a", "../../etc/shadow")], "hard link a leads to"),
    "hard link to a link": ([folder(""), link("a", "/etc/shadow"), hard("b", "a")], "hard link b"),
    "hard link absolute": ([folder(""), hard("a", "/etc/shadow")], "hard link a leads to"),
    "no folder": ([folder(""), file("gone/evil")], "no folder of its own"),
    "type in the mode": ([folder(""), file("a", mode=0o060666)], "mode that no file has"),
    "negative size": ([folder(""), file("a", size=-1)], "size that it cannot have"),
    "owner with a line": ([folder(""), file("a", user="x\ny")], "owner that cannot be"),
    "twice": ([folder(""), file("a"), file("a")], "twice"),
    "dot": ([folder(""), file("./a")], "leads out"),
    "no root": ([file("a")], "does not begin with its directory"),
}


@pytest.mark.parametrize("harm", HARMFUL)
def test_harmful_entries_are_refused(harm: str) -> None:
    entries, sentence = HARMFUL[harm]
    with pytest.raises(ProofFailed, match=sentence) as refused:
        safety.check(entries)
    assert refused.value.unharmed == "Nothing was written."


def test_harmful_archive_fails_its_verification(tmp_path: Path) -> None:
    path = write(tmp_path / "x.tar.zst", [folder(""), link("a", "/etc"), file("a/evil")])
    assert "no folder of its own" in found(path)


def test_devices_and_other_kinds_are_refused(tmp_path: Path) -> None:
    device = replace(file("null"), kind="device")  # type: ignore[arg-type]  # that is the point
    with ArchiveWriter(tmp_path / "x.tar.zst") as writer:
        writer.add(signature())
        frame = writer.add(header(folder("")))
        entries = [replace(folder(""), frame=frame), replace(device, frame=frame)]
        listed = [writer.add(piece) for piece in listing(entries)]
        writer.settle()
        writer.finish(manifest(writer.digests, entries, listed[0]))
    assert "not one that this program writes" in found(tmp_path / "x.tar.zst")
    with pytest.raises(ProofFailed, match="not a whole archive"):
        TreeReader(tmp_path / "x.tar.zst")


def test_files_lose_set_id_and_folders_keep_their_group() -> None:
    kept, lost = safety.without_set_id(
        [folder(""), replace(folder("shared"), mode=0o2775), file("su", mode=0o4755)]
    )
    assert [entry.mode for entry in kept] == [0o755, 0o2775, 0o755]
    assert lost == ["su"]


def test_tar_that_says_otherwise_than_the_list(tmp_path: Path) -> None:
    """Stock tools read the tar and this program the list: both must be the same."""
    path = write(
        tmp_path / "x.tar.zst", [folder(""), file("a")], tar=[folder(""), file("../../evil")]
    )
    assert "otherwise than the list" in found(path)


@pytest.mark.parametrize("other", [file("a"), file("b.php", mode=0o4755), link("b", "/etc")])
def test_the_stand_alone_verifier_holds_the_tar_against_the_list(
    tmp_path: Path, other: Entry
) -> None:
    """What a stock tar would make of it must be what the list says; there every digest holds."""
    path = write(tmp_path / "a.tar.zst", [folder(""), file("b")], tar=[folder(""), other])
    ran = subprocess.run(
        [sys.executable, "-I", ROOT / "resources" / "verify_archive.py", path],
        capture_output=True,
        encoding="utf-8",
    )
    assert (ran.returncode, "not what the list says" in ran.stdout) == (3, True), ran.stdout


def test_tar_that_holds_more_than_the_list(tmp_path: Path) -> None:
    path = write(
        tmp_path / "x.tar.zst", [folder(""), file("a")], tar=[folder(""), file("a"), file("evil")]
    )
    assert "more than its list" in found(path)


def test_bomb_is_not_unpacked(tmp_path: Path) -> None:
    with ArchiveWriter(tmp_path / "x.tar.zst") as writer:
        writer.add(signature())
        writer.add(bytes(200 << 20))  # 6 kB
        entries = [replace(folder(""), frame=1)]
        listed = [writer.add(piece) for piece in listing(entries)]
        writer.settle()
        writer.finish(manifest(writer.digests, entries, listed[0]))
    assert "would swell to 200 MB" in found(tmp_path / "x.tar.zst")


def test_frame_that_lies_about_its_size_is_not_unpacked(tmp_path: Path) -> None:
    """The header says 512 bytes, the blocks are of 200 MB: nothing of that is kept in memory."""
    honest = compress(bytes(200 << 20))
    head = struct.pack("<IBQ", 0xFD2FB528, 0xC0 | 0x20 | 0x04, 512)
    lying = head + honest[zstandard.frame_header_size(honest) :]
    with ArchiveWriter(tmp_path / "x.tar.zst") as writer:
        writer.add(signature())
        writer.copy(lying, 512)
        entries = [replace(folder(""), frame=1)]
        listed = [writer.add(piece) for piece in listing(entries)]
        writer.settle()
        writer.finish(manifest(writer.digests, entries, listed[0]))
    assert found(tmp_path / "x.tar.zst")


@pytest.mark.parametrize("share", range(0, 100, 4))
def test_every_flipped_bit_is_found(tmp_path: Path, share: int) -> None:
    path = write(tmp_path / "x.tar.zst", [folder(""), folder("a"), file("a/b"), link("d", "b")])
    content = bytearray(path.read_bytes())
    content[len(content) * share // 100] ^= 1 << (share % 8)
    path.write_bytes(content)
    assert found(path)


def test_file_cut_between_frames_is_found(tmp_path: Path) -> None:
    path = write(tmp_path / "x.tar.zst", [folder(""), file("a")])
    with TreeReader(path) as reader:
        end = reader.frames[1].end
    path.write_bytes(path.read_bytes()[:end])
    assert "manifest is missing" in found(path)


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    "name", [b"a\nb", b"\xff\xfe", "表情🙂".encode(), b"\x1b[31m", "\u202egpj.exe".encode()]
)
def test_names_survive_and_are_shown_without_harm(name: bytes) -> None:
    path = text(name)
    assert raw(path) == name
    assert Entry.from_json({**file(path).to_json()}).path == path
    assert shown(path).encode()  # no lone surrogates
    assert not any(letter in shown(path) for letter in "\n\x1b\u202e")


def test_folders_come_before_what_is_in_them() -> None:
    paths = ["", "a", "a/b", "a-b", "b"]
    entries = [folder(path) for path in reversed(paths)]
    assert [entry.path for entry in in_order(entries)] == paths


@pytest.mark.parametrize(
    ("path", "is_folder", "out"),
    [
        ("logs", True, True),
        ("logs", False, False),
        ("data/error.log", False, True),
        ("data/cache", True, True),
        ("uploads", True, False),
        ("catalog.php", False, False),
    ],
)
def test_usual_exclusions(path: str, is_folder: bool, out: bool) -> None:
    assert excluded(USUAL)(path, is_folder) is out


def test_pattern_with_a_slash_is_of_the_whole_path() -> None:
    rule = excluded(["/data/old/", "web/*.bak"])
    assert rule("data/old", True)
    assert not rule("x/data/old", True)
    assert rule("web/a.bak", False)
    assert not rule("a.bak", False)
