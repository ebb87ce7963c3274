"""Every way in which an archive can be broken is found, and called by its name."""

from __future__ import annotations

import hashlib
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archives import write_archive, write_table
from gmops_desktop.archive.frames import Frame, compress, decompress, measure, seek_table
from gmops_desktop.archive.manifest import Manifest
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.archive.verification import Verification, verify
from gmops_desktop.archive.writer import sidecar
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError

ROWS = [[str(n * 100 + m) for m in range(50)] for n in range(6)]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "a.sql.zst"
    write_table(path, ROWS)
    return path


def frames_of(path: Path) -> tuple[Frame, ...]:
    with ArchiveReader(path) as reader:
        return reader.frames


def texts(path: Path) -> list[bytes]:
    with ArchiveReader(path) as reader:
        return [reader.frame(number) for number in range(len(reader.frames))]


def verified(path: Path) -> Verification:
    return verify(path, Context())


def without_sidecar(path: Path, content: bytes) -> str:
    """Put `content` in the file's place and return what verification says of it."""
    sidecar(path).unlink(missing_ok=True)
    path.write_bytes(content)
    outcome = verified(path)
    assert not outcome.ok
    return "\n".join(outcome.faults)


def reassembled(contents: list[bytes]) -> bytes:
    """Return a file of these frames with a seek table that fits them."""
    entries: list[Frame] = []
    data = b""
    for content in contents:
        frame = compress(content)
        entries.append(measure(frame, len(data), len(content)))
        data += frame
    return data + seek_table(entries)


def contents_of(path: Path) -> list[bytes]:
    data = path.read_bytes()
    return [decompress(data[frame.offset : frame.end]) for frame in frames_of(path)]


def test_a_sound_archive_is_proved(archive: Path) -> None:
    outcome = verified(archive)
    assert outcome.ok
    assert outcome.faults == ()
    assert (outcome.rows, outcome.frames) == (300, 9)
    assert outcome.file_bytes == archive.stat().st_size


def test_cut_at_a_frame_border(archive: Path) -> None:
    """What `zstd -t` passes with exit 0."""
    data, frames = archive.read_bytes(), frames_of(archive)
    said = without_sidecar(archive, data[: frames[4].end])
    assert "cut at a frame border after frame 4" in said


def test_cut_inside_a_frame(archive: Path) -> None:
    data, frames = archive.read_bytes(), frames_of(archive)
    said = without_sidecar(archive, data[: frames[5].end - 3])
    assert "cut or damaged inside frame 5" in said


def test_cut_before_the_seek_table(archive: Path) -> None:
    data, frames = archive.read_bytes(), frames_of(archive)
    assert "seek table is missing" in without_sidecar(archive, data[: frames[-1].end])
    assert "cut or damaged" in without_sidecar(archive, data[:-1])


def test_trailing_junk(archive: Path) -> None:
    said = without_sidecar(archive, archive.read_bytes() + b"junk")
    assert "4 bytes that do not belong to the archive" in said


def test_no_archive_at_all(tmp_path: Path) -> None:
    path = tmp_path / "dump.sql"
    assert "does not begin with a zstd frame" in without_sidecar(path, b"CREATE TABLE t (id int);")
    assert "does not begin with a zstd frame" in without_sidecar(path, b"")


def test_a_damaged_frame_is_called_by_what_it_holds(archive: Path) -> None:
    data, frame = bytearray(archive.read_bytes()), frames_of(archive)[4]
    data[frame.offset + frame.size // 2] ^= 4
    assert "Frame 4 is damaged: segment 2 of t." in without_sidecar(archive, bytes(data))


def test_swapped_frames(archive: Path) -> None:
    contents = contents_of(archive)
    contents[3], contents[5] = contents[5], contents[3]
    said = without_sidecar(archive, reassembled(contents))
    assert "Frame 3 stands in the wrong place: it belongs at 5 (segment 3 of t)." in said
    assert "Frame 5 stands in the wrong place: it belongs at 3 (segment 1 of t)." in said


def test_rows_edited_with_all_checksums_made_anew(archive: Path) -> None:
    contents = contents_of(archive)
    contents[2] = contents[2].replace(b"(7)", b"(8)")
    said = without_sidecar(archive, reassembled(contents))
    assert "Frame 2 is not the manifest's: segment 0 of t." in said


def test_rows_and_frame_digest_edited_but_not_the_segment(archive: Path) -> None:
    """The server's digest is the last word, even where the manifest was forged around it."""
    contents = contents_of(archive)
    contents[2] = contents[2].replace(b"(7)", b"(8)")
    manifest = Manifest.parse(contents[-1])
    values = {name: getattr(manifest, name) for name in Manifest.__slots__}
    digests = list(manifest.frames)
    digests[2] = hashlib.sha256(compress(contents[2])).hexdigest()
    contents[-1] = Manifest(**values | {"frames": tuple(digests)}).trailer()
    said = without_sidecar(archive, reassembled(contents))
    assert "The rows do not fit their digest: segment 0 of t." in said


def test_a_file_of_the_first_format_is_still_proved(archive: Path) -> None:
    """Its manifest holds the digests of the frames' contents."""
    contents = contents_of(archive)
    manifest = Manifest.parse(contents[-1])
    values = {name: getattr(manifest, name) for name in Manifest.__slots__}
    digests = tuple(hashlib.sha256(content).hexdigest() for content in contents[:-1])
    contents[-1] = Manifest(**values | {"frames": digests, "format": 1}).trailer()
    sidecar(archive).unlink()
    archive.write_bytes(reassembled(contents))
    assert verified(archive).ok
    contents[2] = contents[2].replace(b"(7)", b"(8)")
    said = without_sidecar(archive, reassembled(contents))
    assert "Frame 2 is not the manifest's: segment 0 of t." in said


def test_an_edited_manifest(archive: Path) -> None:
    contents = contents_of(archive)
    contents[-1] = contents[-1].replace(b"db.example", b"db.elsewhere")
    assert "The manifest was edited" in without_sidecar(archive, reassembled(contents))


def test_a_missing_manifest(archive: Path) -> None:
    contents = contents_of(archive)
    assert "The manifest is missing" in without_sidecar(archive, reassembled(contents[:-1]))


def test_a_frame_too_many(archive: Path) -> None:
    contents = contents_of(archive)
    contents.insert(-1, b"DROP TABLE t;\n")
    said = without_sidecar(archive, reassembled(contents))
    assert "speaks of 8 frames, the file holds 9" in said


def test_a_wrong_sidecar(archive: Path) -> None:
    sidecar(archive).write_text("0" * 64 + "  a.sql.zst\n")
    outcome = verified(archive)
    assert outcome.faults == ("The sidecar a.sql.zst.sha256 states another SHA-256.",)
    sidecar(archive).unlink()
    assert verified(archive).ok


def test_a_large_value_that_is_not_what_its_name_says(tmp_path: Path) -> None:
    path = tmp_path / "a.sql.zst"
    good = hashlib.sha256(b"abc").hexdigest()
    write_table(path, [["1"]])
    contents = contents_of(path)
    piece = f"SET @`{good}`=x'';\nSET @`{good}`=CONCAT(@`{good}`,0x616263);\n".encode()
    for data, ok in ((piece, True), (piece.replace(b"616263", b"616264"), False)):
        manifest = Manifest.parse(contents[-1])
        values = {name: getattr(manifest, name) for name in Manifest.__slots__}
        digests = [
            *manifest.frames[:2],
            hashlib.sha256(compress(data)).hexdigest(),
            manifest.frames[2],
        ]
        table = manifest.tables[0]
        segment = table.segments[0]
        moved = type(segment)(**{n: getattr(segment, n) for n in segment.__slots__} | {"frames": 2})
        tables = type(table)(
            **{n: getattr(table, n) for n in table.__slots__} | {"segments": (moved,)}
        )
        trailer = Manifest(**values | {"frames": tuple(digests), "tables": (tables,)}).trailer()
        sidecar(path).unlink(missing_ok=True)
        path.write_bytes(reassembled([*contents[:2], data, contents[2], trailer]))
        outcome = verified(path)
        assert outcome.ok is ok
        if not ok:
            assert outcome.faults == ("A large value does not fit its digest: segment 0 of t.",)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="cannot be read"):
        verified(tmp_path / "none.sql.zst")


def test_verification_can_be_cancelled(archive: Path) -> None:
    context = Context()
    context.cancel()
    with pytest.raises(Cancelled):
        verify(archive, context)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_no_single_flipped_bit_passes(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.sql.zst"
        write_table(path, [["1", "2"], ["'中'", "NULL"]])
        before, content = texts(path), bytearray(path.read_bytes())
        position = data.draw(st.integers(0, len(content) - 1))
        content[position] ^= 1 << data.draw(st.integers(0, 7))
        path.write_bytes(content)
        assert not verified(path).ok
        # Without the sidecar, a bit may pass that compression leaves to chance: the text is whole.
        sidecar(path).unlink()
        assert not verified(path).ok or texts(path) == before


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_no_cut_passes(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.sql.zst"
        write_table(path, [["1", "2"], ["3"]])
        sidecar(path).unlink()
        content = path.read_bytes()
        path.write_bytes(content[: data.draw(st.integers(0, len(content) - 1))])
        assert not verified(path).ok


def test_frames_of_random_bytes_are_proved_too(tmp_path: Path) -> None:
    path = tmp_path / "a.sql.zst"
    write_archive(path, [random.Random(3).randbytes(300_000), b"x" * 3_000_000])
    assert verified(path).ok
