"""Archives made by hand: a table in segments, in a file that any test may damage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from gmops_desktop.archive.manifest import (
    ColumnRecord,
    Manifest,
    SegmentRecord,
    Source,
    TableRecord,
)
from gmops_desktop.archive.rows import digest
from gmops_desktop.archive.writer import ArchiveWriter

SOURCE = Source("MariaDB", "10.11", "db.example", 3306, "商会", "utf8mb4", "utf8mb4_bin", 0)
INSERT = "INSERT INTO `t` (`id`) VALUES\n"


def manifest_of(frames: Sequence[str], tables: Sequence[TableRecord] = ()) -> Manifest:
    return Manifest(
        tool="test",
        source=SOURCE,
        begun=datetime(2018, 4, 1, tzinfo=UTC),
        ended=datetime(2018, 4, 1, 0, 1, tzinfo=UTC),
        position={},
        remarks=(),
        tables=tuple(tables),
        objects=(),
        frames=tuple(frames),
    )


def write_archive(path: Path, parts: Sequence[bytes]) -> Manifest:
    """Write frames of any content."""
    with ArchiveWriter(path) as writer:
        for part in parts:
            writer.add(part)
        writer.settle()
        manifest = manifest_of(writer.digests)
        writer.finish(manifest)
    return manifest


def write_table(path: Path, rows: Sequence[Sequence[str]]) -> Manifest:
    """Write a table `t` of one column, one segment for each list of rows."""
    with ArchiveWriter(path) as writer:
        writer.add(b"-- Archive of test\nSET NAMES utf8mb4;\n")
        writer.add(b"CREATE TABLE `t` (`id` int);\n")
        segments = []
        for number, part in enumerate(rows):
            text = ",\n".join(f"({row})" for row in part).encode()
            segments.append(
                SegmentRecord(
                    rows=len(part),
                    text_bytes=len(text),
                    digest=digest(text),
                    frame=writer.add(INSERT.encode() + text + b";\n"),
                    after=(rows[number - 1][-1],) if number else None,
                    upto=(part[-1],) if number < len(rows) - 1 else None,
                )
            )
        writer.settle()
        table = TableRecord(
            name="t",
            engine="InnoDB",
            definition="",
            frame=1,
            columns=(ColumnRecord("id", "int", "number"),),
            insert=INSERT,
            key=(ColumnRecord("id", "int", "number"),),
            index="PRIMARY",
            buckets=0,
            segments=tuple(segments),
        )
        manifest = manifest_of(writer.digests, [table])
        writer.finish(manifest)
    return manifest
