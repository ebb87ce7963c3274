"""An archive that somebody wrote to do harm, with digests that fit: refused with a sentence, by
preview, restore and drill, and nothing of it has run."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from databases import checksums, execute, opener, query
from db.engine import Database
from gmops_desktop.adapters import local_programs
from gmops_desktop.adapters.local_server import LocalServers
from gmops_desktop.adapters.mysql.dialect import Form
from gmops_desktop.addresses import MysqlAddress
from gmops_desktop.archive import rows, spelling
from gmops_desktop.archive.manifest import Manifest, ObjectRecord, SegmentRecord, TableRecord
from gmops_desktop.archive.reader import ArchiveReader
from gmops_desktop.archive.sealing import Seals
from gmops_desktop.archive.verification import rows_text, verify
from gmops_desktop.archive.writer import ArchiveWriter
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError, ProofFailed
from gmops_desktop.services.backups import Backups
from gmops_desktop.services.drills.rehearsal import Findings, Rehearsal
from gmops_desktop.services.restores import Restores
from sandbox.mariadb import MariaDB

pytestmark = pytest.mark.servers

SITE = [
    "CREATE TABLE members (id int PRIMARY KEY, name varchar(80))",
    "INSERT INTO members SELECT seq, CONCAT('会员', seq) FROM seq_1_to_50",
    "CREATE VIEW few AS SELECT id FROM members",
    "CREATE TRIGGER quiet BEFORE DELETE ON members FOR EACH ROW SET @gone=1",
    "CREATE PROCEDURE tidy() SELECT 1",
]
ROW = b"(7,'\xe4\xbc\x9a\xe5\x91\x987')"
Frames = dict[int, bytes]
Forge = Callable[[Manifest, Frames, str], Manifest]


@dataclass
class Scene:
    """A site, its archive, a bystander beside it, and what could be harmed."""

    server: MariaDB
    address: MysqlAddress
    bystander: str
    archive: Path
    restores: Restores
    mark: Path  # a file that a command on this computer would make

    def state(self) -> tuple[object, object]:
        return checksums(self.server, self.address.schema), query(
            self.server, self.bystander, "SELECT * FROM precious"
        )

    def forged(self, forge: Forge, harm: str) -> Path:
        """Write the archive anew as `forge` wants it, with digests that fit."""
        path = self.archive.with_name("forged.sql.zst")
        with ArchiveReader(self.archive) as reader, ArchiveWriter(path) as writer:
            frames = {number: reader.frame(number) for number in range(len(reader.frames) - 1)}
            manifest = forge(reader.manifest, frames, harm)
            for number in sorted(frames):
                writer.add(frames[number])
            writer.settle()
            writer.finish(replace(manifest, frames=tuple(writer.digests)))
        return path


@pytest.fixture
def scene(
    mariadb: MariaDB, schema: MysqlAddress, database: Database, tmp_path: Path
) -> Iterator[Scene]:
    address, bystander = replace(schema, user="root"), f"b_{secrets.token_hex(4)}"
    backups = Backups(database, opener(mariadb), lambda: tmp_path)
    restores = Restores(database, opener(mariadb), partial(backups.take, purpose="safety"))
    execute(mariadb, address.schema, SITE)
    execute(mariadb, "", [f"CREATE DATABASE {bystander}",
                          f"CREATE TABLE {bystander}.precious (id int)",
                          f"INSERT INTO {bystander}.precious VALUES (1)"])  # fmt: skip
    archive = backups.take(address, Context()).path
    execute(mariadb, address.schema, ["UPDATE members SET name='?'", "DROP VIEW few"])
    yield Scene(mariadb, address, bystander, archive, restores, tmp_path / "mark")
    execute(mariadb, "", [f"DROP DATABASE IF EXISTS {bystander}"])


# ---------------------------------------------------------------- what is forged


def members(manifest: Manifest, change: Callable[[TableRecord], TableRecord]) -> Manifest:
    return replace(manifest, tables=tuple(map(change, manifest.tables)))


def thing(
    manifest: Manifest, kind: str, change: Callable[[ObjectRecord], ObjectRecord]
) -> Manifest:
    changed = tuple(change(one) if one.kind == kind else one for one in manifest.objects)
    return replace(manifest, objects=changed)


def frame_of(manifest: Manifest, kind: str) -> int:
    return next(one.frame for one in manifest.objects if one.kind == kind)


def bound(manifest: Manifest, frames: Frames, harm: str) -> Manifest:
    def cut(table: TableRecord) -> TableRecord:
        (segment,) = table.segments
        return replace(table, segments=(replace(segment, upto=(f"0; {harm}; -- ",)),))

    return members(manifest, cut)


def bound_that_is_a_question(manifest: Manifest, frames: Frames, harm: str) -> Manifest:
    def cut(table: TableRecord) -> TableRecord:
        (segment,) = table.segments
        asked = replace(segment, after=("(SELECT MIN(id) FROM precious)",))
        return replace(table, segments=(asked,))

    return members(manifest, cut)


def bucket(manifest: Manifest, frames: Frames, harm: str) -> Manifest:
    def cut(table: TableRecord) -> TableRecord:
        (segment,) = table.segments
        odd: SegmentRecord = replace(segment, bucket=f"0; {harm}")  # type: ignore[arg-type]  # JSON
        return replace(table, segments=(odd,))

    return members(manifest, cut)


def form(manifest: Manifest, frames: Frames, harm: str) -> Manifest:
    def shaped(table: TableRecord) -> TableRecord:
        return replace(table, key=tuple(replace(one, form="code") for one in table.key))

    return members(manifest, shaped)


def charset_of_a_column(manifest: Manifest, frames: Frames, harm: str) -> Manifest:
    def spelled(table: TableRecord) -> TableRecord:
        return replace(
            table, columns=tuple(replace(one, charset=f"gbk 0x; {harm}; ") for one in table.columns)
        )

    return members(manifest, spelled)


def charset_of_the_schema(manifest: Manifest, frames: Frames, harm: str) -> Manifest:
    return replace(manifest, source=replace(manifest.source, charset=f"utf8mb4; {harm}; -- "))


def kind(manifest: Manifest, frames: Frames, harm: str) -> Manifest:
    odd = f"view few; {harm}; -- "
    return thing(manifest, "view", lambda one: replace(one, kind=odd))  # type: ignore[arg-type]  # JSON


def second_statement(manifest: Manifest, frames: Frames, harm: str) -> Manifest:
    frames[manifest.tables[0].frame] += f"{harm};\n".encode()
    return manifest


def hidden_statement(manifest: Manifest, frames: Frames, harm: str) -> Manifest:
    number = manifest.tables[0].frame
    frames[number] = frames[number].replace(b";\n", f";\n/*! {harm} */;\n".encode(), 1)
    return manifest


def other_table(manifest: Manifest, frames: Frames, harm: str) -> Manifest:
    def elsewhere(table: TableRecord) -> TableRecord:
        return replace(table, name=f"members`; {harm}; -- ")

    return members(manifest, elsewhere)


def other_schema(manifest: Manifest, frames: Frames, harm: str) -> Manifest:
    number = frame_of(manifest, "procedure")
    there = harm.rpartition(" ")[2]
    frames[number] = frames[number].replace(b"`tidy`", f"`{there}`.`tidy`".encode())
    return manifest


def other_kind(manifest: Manifest, frames: Frames, harm: str) -> Manifest:
    frames[frame_of(manifest, "procedure")] = f"\n{harm};\n".encode()
    return manifest


def setting(manifest: Manifest, frames: Frames, harm: str) -> Manifest:
    number = frame_of(manifest, "view")
    frames[number] = b"\nSET GLOBAL max_connections=1;\n" + frames[number]
    return manifest


DEFINITIONS = [second_statement, hidden_statement, other_table, other_schema, other_kind, setting]
WORDS = [bound, bound_that_is_a_question, bucket, form, charset_of_a_column, charset_of_the_schema,
         kind]  # fmt: skip


def rewritten(manifest: Manifest, frames: Frames, old: bytes, new: bytes) -> Manifest:
    """Put other rows in, with the digest that they have."""

    def counted(table: TableRecord) -> TableRecord:
        (segment,) = table.segments
        content = frames[segment.last_frame].replace(old, new)
        assert content != frames[segment.last_frame]
        frames[segment.last_frame] = content
        text = rows_text(table, content)
        fits = replace(
            segment, rows=rows.count(text), text_bytes=len(text), digest=rows.digest(text)
        )
        return replace(table, segments=(fits,))

    return members(manifest, counted)


def statement_in_rows(manifest: Manifest, frames: Frames, harm: str) -> Manifest:
    return rewritten(manifest, frames, ROW, ROW + f"; {harm}; INSERT INTO members VALUES (99,'')"
                     .encode())  # fmt: skip


def question_in_rows(manifest: Manifest, frames: Frames, harm: str) -> Manifest:
    return rewritten(manifest, frames, ROW, b"(7,(SELECT USER()))")


def client_s_command_in_rows(manifest: Manifest, frames: Frames, harm: str) -> Manifest:
    return rewritten(manifest, frames, ROW, ROW + b"\\! touch MARK\n")


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize("forge", WORDS)
def test_words_that_would_become_sql_are_refused_before_a_question(
    scene: Scene, forge: Forge
) -> None:
    before, path = scene.state(), scene.forged(forge, f"DROP DATABASE {scene.bystander}")
    assert not verify(path, Context()).ok
    with pytest.raises(ProofFailed, match="not a whole archive"):
        scene.restores.preview(path, scene.address, Context())
    with pytest.raises(ProofFailed, match="broken"):
        scene.restores.run(path, scene.address, Context(), confirm=scene.address.schema)
    assert scene.state() == before


@pytest.mark.parametrize("forge", DEFINITIONS)
def test_a_frame_that_does_more_than_it_should_is_not_run(scene: Scene, forge: Forge) -> None:
    before, path = scene.state(), scene.forged(forge, f"DROP DATABASE {scene.bystander}")
    assert verify(path, Context()).ok, "its digests fit"
    with pytest.raises(ProofFailed, match="holds something else") as refused:
        scene.restores.run(path, scene.address, Context(), confirm=scene.address.schema)
    assert refused.value.hint
    assert scene.state() == before
    assert scene.restores.unfinished() == ()
    with pytest.raises(ProofFailed, match="holds something else"):
        drill(scene, path)


@pytest.mark.parametrize("forge", [statement_in_rows, question_in_rows, client_s_command_in_rows])
@pytest.mark.parametrize("damage", ["UPDATE members SET name='!'", "ALTER TABLE members ADD n int"])
def test_rows_that_are_more_than_values_are_not_written(
    scene: Scene, forge: Forge, damage: str
) -> None:
    """In place as beside: what stands there is text of a statement of ours."""
    execute(scene.server, scene.address.schema, [damage])
    before, path = scene.state(), scene.forged(forge, f"DROP DATABASE {scene.bystander}")
    with pytest.raises(OpsError) as refused:
        scene.restores.run(path, scene.address, Context(), confirm=scene.address.schema)
    assert refused.value.message
    assert scene.state() == before
    assert scene.restores.unfinished() == ()
    with pytest.raises(ProofFailed, match="holds something else"):
        drill(scene, path)


def drill(scene: Scene, path: Path) -> None:
    servers = LocalServers(scene.mark.parent / "local")
    Rehearsal(servers, Seals().opened, local_programs.find).run(path, (), Findings(), Context())


@pytest.mark.parametrize("words", ["\\! touch {mark}\n", "system touch {mark}\n"])
@pytest.mark.parametrize("place", ["session", "procedure"])
def test_commands_of_a_stock_client_reach_nobody(scene: Scene, words: str, place: str) -> None:
    command = words.format(mark=scene.mark).encode()

    def forge(manifest: Manifest, frames: Frames, harm: str) -> Manifest:
        number = 0 if place == "session" else frame_of(manifest, "procedure")
        frames[number] = command + frames[number] if words[0] == "s" else frames[number] + command
        return manifest

    with pytest.raises(ProofFailed, match="holds something else"):
        drill(scene, scene.forged(forge, ""))
    assert not scene.mark.exists()


# ---------------------------------------------------------------- and what only looks like it


def test_names_that_look_like_statements_are_names(scene: Scene) -> None:
    harm = f"x`; DROP DATABASE {scene.bystander}; -- \\! touch {scene.mark} "[:60].strip()
    quoted = "`" + harm.replace("`", "``") + "`"
    execute(scene.server, scene.address.schema, [
        f"CREATE TABLE {quoted} ({quoted} varchar(50) PRIMARY KEY, n text)",
        f"INSERT INTO {quoted} VALUES ('''; DROP TABLE members; -- ', '\\\\! touch x')",
        f"CREATE VIEW `v {harm[3:40]}` AS SELECT * FROM {quoted}",
    ])  # fmt: skip
    sound = scene.state()
    path = scene.restores.run(
        scene.archive, scene.address, Context(), confirm=scene.address.schema
    ).safety
    assert path
    assert scene.restores.run(
        path.path, scene.address, Context(), confirm=scene.address.schema
    ).proved
    assert scene.state() == sound
    drill(scene, path.path)
    assert not scene.mark.exists()


def test_the_forms_are_those_of_the_server_s_literals() -> None:
    assert set(Form.__args__) == spelling.FORMS  # type: ignore[attr-defined]  # a Literal
