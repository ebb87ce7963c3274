"""Every way in which an archive can be broken is found, and called by its name."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archives import write_archive, write_table
from databases import execute, opener
from db.engine import Database
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive.frames import Frame, compress, decompress, measure, seek_table, store
from gmops_desktop.archive.manifest import Manifest
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.archive.verification import Verification, verify
from gmops_desktop.archive.writer import sidecar
from gmops_desktop.context import Context
from gmops_desktop.errors import Cancelled, OpsError
from gmops_desktop.services.backups import Backups
from sandbox.mariadb import MariaDB

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
        frame = store(content) if b"GMOps manifest" in content else compress(content)
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
    assert f"cut at a frame border, at byte {frames[4].end}, after frame 4" in said


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


def flipped(path: Path, place: int, bit: int = 1) -> str:
    content = bytearray(path.read_bytes())
    content[place] ^= bit
    return without_sidecar(path, bytes(content))


def test_a_bit_in_each_part_of_a_frame_is_called_by_its_name(archive: Path) -> None:
    data, frame = archive.read_bytes(), frames_of(archive)[4]
    assert flipped(archive, frame.offset + 1).startswith(
        f"Frame 4 is damaged in its header, at byte {frame.offset}: segment 2 of t."
    )
    archive.write_bytes(data)
    assert flipped(archive, frame.offset + frame.size // 2, 4).startswith(
        f"Frame 4 is damaged between bytes {frame.offset} and {frame.end}: segment 2 of t."
    )
    archive.write_bytes(data)
    assert flipped(archive, frame.end - 1) == (
        f"Frame 4 is whole, but the checksum before byte {frame.end} was altered: segment 2 of t."
    )


def test_a_bit_in_each_part_of_the_end_is_called_by_its_name(archive: Path) -> None:
    data, frames = archive.read_bytes(), frames_of(archive)
    manifest, table = frames[-1], frames[-1].end
    expected = {
        manifest.offset + 4: f"The manifest is damaged in its header, at byte {manifest.offset}.",
        manifest.offset
        + 99: f"The manifest is damaged between bytes {manifest.offset} and {table}.",
        manifest.end - 1: f"The checksum of the manifest, before byte {table}, was altered.",
        table + 5: f"inside frame 9, which begins at byte {table}.",
        table + 8 + 12 * 3: f"The seek table from byte {table} on is damaged.",
        table + 8 + 12 * 3 + 4: f"The seek table is wrong about frame 3, from byte "
        f"{frames[3].offset} on: segment 1 of t.",
        table + 8 + 12 * 3 + 8: f"The seek table is wrong about frame 3, from byte "
        f"{frames[3].offset} on: segment 1 of t.",
        len(data) - 1: f"The seek table from byte {table} on is damaged.",
    }
    for place, said in expected.items():
        archive.write_bytes(data)
        assert said in flipped(archive, place), place


def test_the_seek_table_of_another_file(archive: Path, tmp_path: Path) -> None:
    other = tmp_path / "b.sql.zst"
    write_table(other, [*ROWS, ["9999"]])
    data, end = archive.read_bytes(), frames_of(archive)[-1].end
    theirs = other.read_bytes()[frames_of(other)[-1].end :]
    said = without_sidecar(archive, data[:end] + theirs)
    assert said == (
        f"The seek table from byte {end} on belongs to another file: it lists 10 frames that are"
        " not the 9 of this one."
    )


def test_swapped_frames(archive: Path) -> None:
    contents = contents_of(archive)
    contents[3], contents[5] = contents[5], contents[3]
    said = without_sidecar(archive, reassembled(contents))
    assert "stands in the wrong place: it belongs at 5 (segment 3 of t)." in said
    assert "stands in the wrong place: it belongs at 3 (segment 1 of t)." in said
    assert said.startswith("Frame 3, from byte ")


def test_a_frame_that_is_missing_or_there_twice(archive: Path) -> None:
    contents = contents_of(archive)
    said = without_sidecar(archive, reassembled([*contents[:4], *contents[5:]]))
    assert said.startswith("Frame 4 is missing before byte ")
    assert said.endswith(": segment 2 of t.")
    said = without_sidecar(archive, reassembled([*contents[:5], *contents[4:]]))
    assert said.startswith("Frame 5, from byte ")
    assert said.endswith(", is there a second time: segment 2 of t.")
    said = without_sidecar(archive, reassembled([*contents, b"DROP TABLE t;\n"]))
    assert said.startswith("The manifest stands in frame 8, at byte ")
    assert "Frame 9, from byte " in said
    assert said.endswith(", does not belong to the archive.")


def test_rows_edited_with_all_checksums_made_anew(archive: Path) -> None:
    contents = contents_of(archive)
    contents[2] = contents[2].replace(b"(7)", b"(8)")
    said = without_sidecar(archive, reassembled(contents))
    assert said.startswith("Frame 2, from byte ")
    assert said.endswith(", is not the manifest's: segment 0 of t.")


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
    assert said.startswith("Frame 2, from byte ")
    assert said.endswith(", is not the manifest's: segment 0 of t.")


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
    assert said.endswith(", does not belong to the archive.")


def test_a_wrong_sidecar(archive: Path) -> None:
    sidecar(archive).write_text("0" * 64 + "  a.sql.zst\n")
    outcome = verified(archive)
    assert outcome.faults == ("The sidecar a.sql.zst.sha256 states another SHA-256.",)
    sidecar(archive).write_text("0" * 64 + "  b.sql.zst\n")
    assert verified(archive).faults == (
        "The sidecar a.sql.zst.sha256 belongs to another file: b.sql.zst.",
    )
    sidecar(archive).write_bytes(b"\xff\xfe")
    assert verified(archive).faults == ("The sidecar a.sql.zst.sha256 states no SHA-256.",)
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


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, tuple[Frame, ...]]:
    """A small archive's bytes and frames."""
    path = tmp_path_factory.mktemp("small") / "a.sql.zst"
    write_table(path, [["1", "2"], ["'中'", "NULL"], [str(n) for n in range(40)]])
    return path.read_bytes(), frames_of(path)


def said_of(content: bytes) -> str:
    """Return what is said of an archive without a sidecar; empty where it counts as whole."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.sql.zst"
        path.write_bytes(content)
        outcome = verified(path)
        assert outcome.ok is not bool(outcome.faults)
        return "\n".join(outcome.faults)


def test_no_byte_may_change_unseen(small: tuple[bytes, tuple[Frame, ...]]) -> None:
    """Every byte of the file, each with another bit, and each fault says where."""
    content, frames = small
    assert said_of(content) == ""
    for place in range(len(content)):
        broken = bytearray(content)
        broken[place] ^= 1 << place % 8
        said = said_of(bytes(broken))
        number = next((n for n, f in enumerate(frames) if f.offset <= place < f.end), len(frames))
        assert said, f"byte {place} in frame {number}"
        region = f"rame {number}" if number < len(frames) - 1 else "manifest"
        if number == len(frames):
            region = "seek table|rame"
        assert re.search(region, said), (place, number, said)


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_no_single_change_passes(
    small: tuple[bytes, tuple[Frame, ...]], data: st.DataObject
) -> None:
    """A flipped bit, a cut, an inserted byte, two swapped frames: none is taken for whole."""
    content, frames = small
    place = data.draw(st.integers(0, len(content) - 1))
    match data.draw(st.sampled_from(("flip", "cut", "insert", "remove", "swap"))):
        case "flip":
            broken = bytearray(content)
            broken[place] ^= 1 << data.draw(st.integers(0, 7))
        case "cut":
            broken = bytearray(content[:place])
        case "insert":
            broken = bytearray(content)
            broken.insert(place, data.draw(st.integers(0, 255)))
        case "remove":
            broken = bytearray(content[:place] + content[place + 1 :])
        case _:
            one, other = sorted(data.draw(st.sampled_from(
                [(a, b) for a in range(len(frames)) for b in range(a)])))  # fmt: skip
            parts = [content[frame.offset : frame.end] for frame in frames]
            parts[one], parts[other] = parts[other], parts[one]
            broken = bytearray(b"".join(parts) + content[frames[-1].end :])
    if bytes(broken) != content:
        assert said_of(bytes(broken))


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_no_swap_passes_with_a_seek_table_that_fits(
    small: tuple[bytes, tuple[Frame, ...]], data: st.DataObject
) -> None:
    content, frames = small
    parts = [decompress(content[frame.offset : frame.end]) for frame in frames]
    order = data.draw(st.permutations(range(len(parts))))
    if order != list(range(len(parts))):
        assert said_of(reassembled([parts[n] for n in order]))


@pytest.mark.servers
def test_no_change_of_a_real_backup_passes(
    tmp_path: Path, mariadb: MariaDB, schema: MysqlAddress, database: Database, context: Context
) -> None:
    execute(
        mariadb,
        schema.schema,
        [
            "CREATE TABLE t (id int PRIMARY KEY, a varchar(80), f float)",
            "INSERT INTO t SELECT seq, CONCAT('会员', seq), seq/7 FROM seq_1_to_300",
            "CREATE TABLE loose (a text)",
            "INSERT INTO loose VALUES ('x'), ('x'), ('y')",
            "CREATE TABLE big (id int PRIMARY KEY, b longblob)",
            "INSERT INTO big VALUES (1, REPEAT('q', 600000))",
            "CREATE VIEW v AS SELECT id FROM t",
        ],
    )
    path = Backups(database, opener(mariadb), lambda: tmp_path).take(schema, context).path
    content = path.read_bytes()
    assert said_of(content) == ""
    for place in range(0, len(content), 17):
        broken = bytearray(content)
        broken[place] ^= 1 << place % 8
        assert said_of(bytes(broken)), place


def test_a_manifest_made_anew_around_rows_it_leaves_out(archive: Path) -> None:
    contents = contents_of(archive)
    manifest = Manifest.parse(contents[-1])
    table = manifest.tables[0]
    for segments, said in (
        (table.segments[:-1], "holds rows that the manifest leaves out"),
        ((replace(table.segments[0], frame=77), *table.segments[1:]), "no frame can be that of"),
    ):
        forged = replace(manifest, tables=(replace(table, segments=segments),))
        parts = [compress(content) for content in contents[:-1]]
        assert tuple(hashlib.sha256(part).hexdigest() for part in parts) == manifest.frames
        assert said in without_sidecar(archive, reassembled([*contents[:-1], forged.trailer()]))
    edited = json.loads(contents[-1].split(b"\n")[2][3:])
    edited["rows"] += 1
    lines = contents[-1].split(b"\n")
    lines[2] = b"-- " + json.dumps(edited, ensure_ascii=False, separators=(",", ":")).encode()
    text = b"".join(line[3:] + b"\n" for line in lines[2:-2])
    lines[-2] = b"-- sha256 " + hashlib.sha256(text).hexdigest().encode()
    said = without_sidecar(archive, reassembled([*contents[:-1], b"\n".join(lines)]))
    assert said == "The manifest contradicts itself: its totals are not those of its tables."


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(OpsError, match="is a folder"):
        verified(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OpsError, match="a device or a pipe"):
        verified(tmp_path / "pipe")
    with pytest.raises(OpsError, match="a device or a pipe"):
        verified(Path("/dev/null"))


def test_frames_of_random_bytes_are_proved_too(tmp_path: Path) -> None:
    path = tmp_path / "a.sql.zst"
    write_archive(path, [random.Random(3).randbytes(300_000), b"x" * 3_000_000])
    assert verified(path).ok
