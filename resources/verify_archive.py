#!/usr/bin/env python3
r"""Proves an archive (NAME.sql.zst, .tar.zst, .account.zst) without the program that wrote it.

Needs Python 3.8 or newer and the `zstd` command, nothing else:  python3 verify_archive.py FILE
Exit code 0: whole.  3: damaged, and the lines say what and where.  1: it could not be read.

The file is a row of zstd frames with a seek table at its end.  The last frame is the manifest: SQL
comments, one JSON object a line, closed by the SHA-256 of those lines.  It states the SHA-256 of
every frame as it is stored, and of each segment's rows as the database server computed it: rows as
SQL literals, joined by a comma and a NUL byte.  In the file each row is a line, and line ends
inside strings are written \n and \r there.  (NAME.account.zst is one JSON document instead; its
last frame, the member "manifest", states the SHA-256 of every frame, and one of those lines.
NAME.tar.zst is a tar; its list, with the SHA-256 of each file or of each 4 MiB of it, and its
manifest stand behind the files in pax comments, which every tar passes over.)
"""

import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import tarfile

TITLE, MEMBER = b"-- GMOps manifest", b',\n"manifest": {'
TREE, BLOCK = b"GMOps files manifest", 4 << 20
LARGE = re.compile(
    rb"^SET @`(?:([0-9a-f]{64})`=x''|([0-9a-f]{64})`=CONCAT\(@`\2`,0x([0-9A-F]+)\));$", re.MULTILINE
)


class Damaged(Exception):
    """What is wrong, as a sentence; nothing behind it can be told."""


def main(words):
    if len(words) != 2 or words[1] in ("-h", "--help"):
        print(__doc__)
        return 2
    path = words[1]
    try:
        with open(path, "rb") as file:
            faults = check(file) or check_sidecar(path)
    except OSError as error:
        print(f"CANNOT BE READ 无法读取: {error}")
        return 1
    for fault in faults:
        print("- " + fault)
    print(("DAMAGED 已损坏: " if faults else "WHOLE 完好: ") + path)
    return 3 if faults else 0


def check(file):
    """Return everything that is wrong with the archive."""
    try:
        frames = seek_table(file)
        if (text := unpacked(file, *frames[-1])).startswith(MEMBER):
            return check_account(file, frames, json.loads(b"{" + text[1:])["manifest"])
        if b" comment=" + TREE in text[:1024]:
            return check_tree(file, frames, comment_in(text[:-1024]).split(b"\n"))
        manifest = read_manifest(file, *frames[-1])
    except (Damaged, ValueError, KeyError, IndexError, tarfile.TarError) as damage:
        return [str(damage)]
    stated = manifest["frames"]
    if len(stated) != len(frames) - 1:
        return [f"The manifest speaks of {len(stated)} frames, there are {len(frames) - 1}."]
    names, faults = names_of(manifest), []
    for number, (offset, size, _) in enumerate(frames[:-1]):
        if manifest["format"] > 1 and sha256(read(file, offset, size)) != stated[number]:
            name = names.get(number, "settings")
            faults.append(f"Frame {number}, from byte {offset}, is not what was written: {name}.")
    return faults or check_rows(file.name, frames, manifest, names)


def seek_table(file):
    """Return offset, stored size and content size of each frame, from the table at the end."""
    end = file.seek(0, os.SEEK_END)
    if end < 17:
        raise Damaged("The file is too short to be an archive.")
    count, flags, magic = struct.unpack("<IBI", read(file, end - 9, 9))
    start = end - 17 - count * 12
    if magic != 0x8F92EAB1 or flags != 0x80 or start < 0:
        raise Damaged("There is no seek table at the end: the file is cut, or more was added.")
    if struct.unpack("<II", read(file, start, 8)) != (0x184D2A5E, 9 + count * 12):
        raise Damaged(f"The seek table, from byte {start} on, is damaged.")
    frames, offset = [], 0
    entries = read(file, start + 8, count * 12)
    for number, (size, content_size, checksum) in enumerate(struct.iter_unpack("<III", entries)):
        frames.append((offset, size, content_size))
        offset += size
        if offset <= start and read(file, offset - 4, 4) != struct.pack("<I", checksum):
            raise Damaged(f"Frame {number}, before byte {offset}, has not the stated checksum.")
    if offset != start or not frames:
        raise Damaged(f"The seek table, from byte {start} on, does not fit this file.")
    return frames


def unpacked(file, offset, size, content_size):
    """Return the content of one frame; nothing where it is damaged."""
    stored, pipe = read(file, offset, size), subprocess.PIPE
    text = subprocess.run(["zstd", "-dcq"], input=stored, stdout=pipe, stderr=pipe).stdout
    return text if len(text) == content_size else b""


def check_account(file, frames, manifest):
    """Return what is wrong with an archive of an official account's settings."""
    found = [sha256(read(file, offset, size)) for offset, size, _ in frames[:-1]]
    if found != manifest["frames"] or sha256("\n".join(found).encode()) != manifest["sha256"]:
        return ["The content is not what its manifest says: it was edited."]
    return []


def check_tree(file, frames, lines):
    """Return what is wrong with an archive of a directory; `lines` are its manifest."""
    if lines[3] != b"sha256 " + sha256(lines[1] + b"\n" + lines[2] + b"\n").encode():
        raise Damaged("The manifest was edited: its digest does not fit its text.")
    manifest, stated = json.loads(lines[1]), json.loads(lines[2])
    found = [sha256(read(file, offset, size)) for offset, size, _ in frames[:-1]]
    if len(found) != len(stated):
        return [f"The manifest speaks of {len(stated)} frames, there are {len(found)}."]
    if wrong := [n for n, digest in enumerate(found) if digest != stated[n]]:
        return [f"Frame {n}, from byte {frames[n][0]}, is not what was written." for n in wrong]
    listed = {}
    begin = manifest["listed"]
    for frame in frames[begin:-1]:
        entries = map(json.loads, comment_in(unpacked(file, *frame)).splitlines())
        listed.update({entry["path"]: entry for entry in entries})
    if len(listed) != manifest["entries"]:
        return ["The manifest contradicts itself: its list has not so many entries."]
    return check_members(file.name, listed, sum(size for _, _, size in frames[:begin]))


class Head:
    """The first bytes of a stream."""

    def __init__(self, stream, size):
        self.stream, self.left = stream, size

    def read(self, size):
        block = self.stream.read(min(size, self.left))
        self.left -= len(block)
        return block


def check_members(path, listed, size):
    """Hold what a stock tar would restore from the first `size` bytes against the list."""
    faults, command = [], ["zstd", "-dcq", "--", path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as zstd:
        words = {"encoding": "utf-8", "errors": "surrogateescape"}
        with tarfile.open(fileobj=Head(zstd.stdout, size), mode="r|", **words) as tar:
            for member in tar:
                name = member.name[2:] if member.name.startswith("./") else ""
                entry = listed.pop(name, None)
                if not entry or not member_holds(tar, member, entry):
                    faults.append(f"{name!a} is not what the list says.")
        while zstd.stdout.read(1 << 20):
            pass
    faults += [f"{name!a} is missing." for name in listed]
    return faults + (["zstd cannot unpack it: `zstd -t` says more."] if zstd.returncode else [])


def member_holds(tar, member, entry):
    """Say whether an entry of the tar is the one in the list, a file's content included."""
    kinds = {b"0": "file", b"1": "hard", b"2": "link", b"5": "folder"}
    target = "./" + entry.get("target", "") if entry["kind"] == "hard" else entry.get("target", "")
    if (kinds.get(member.type), member.mode) != (entry["kind"], entry["mode"] & 0o7777):
        return False
    if entry["kind"] != "file":
        return member.linkname == target
    content, blocks = tar.extractfile(member), entry.get("blocks", [])
    whole = hashlib.sha256()
    for number, block in enumerate(iter(lambda: content.read(BLOCK), b"")):
        whole.update(block)
        if blocks and sha256(block) != blocks[number]:
            return False
    return bool(blocks) or whole.hexdigest() == entry["digest"]


def comment_in(record):
    """Return the words of a pax comment of ours: a header of 512 bytes, then "LENGTH comment=…"."""
    length, _, words = record[512:].partition(b" comment=")
    if len(record) != 512 + -(-int(length) // 512) * 512:
        raise Damaged("A comment in the tar holds more than it says.")
    return words[: int(length) - len(length) - len(b" comment=") - 1]


def read_manifest(file, *frame):
    """Return the manifest as one dictionary; its digest must hold."""
    text, offset = unpacked(file, *frame), frame[0]
    lines = text.strip(b"\n").split(b"\n")
    if lines[0] != TITLE:
        raise Damaged(f"The manifest, from byte {offset} on, is missing or damaged.")
    body = b"".join(line[3:] + b"\n" for line in lines[1:-1])
    if lines[-1] != b"-- sha256 " + sha256(body).encode():
        raise Damaged("The manifest was edited: its digest does not fit its text.")
    objects = [json.loads(line) for line in body.splitlines()]
    manifest = dict(objects[0], frames=objects[-1]["frames"])
    manifest["tables"] = [thing["table"] for thing in objects if "table" in thing]
    manifest["objects"] = [thing["object"] for thing in objects if "object" in thing]
    return manifest


def names_of(manifest):
    """Return what each frame holds, by its number."""
    names = {thing["frame"]: "the definition of " + thing["name"] for thing in manifest["objects"]}
    for table in manifest["tables"]:
        names[table["frame"]] = "the definition of " + table["name"]
        for number, segment in enumerate(table["segments"]):
            for frame in range(segment["frame"], segment["frame"] + segment.get("frames", 1)):
                names[frame] = f"segment {number} of {table['name']}"
    return names


def check_rows(path, frames, manifest, names):
    """Unpack everything once, and hold each segment's rows against the server's digest."""
    pairs = [(table, segment) for table in manifest["tables"] for segment in table["segments"]]
    last = {pair[1]["frame"] + pair[1].get("frames", 1) - 1: pair for pair in pairs}
    if sum(segment["rows"] for _, segment in pairs) != manifest["rows"]:
        return ["The manifest contradicts itself: its tables do not have so many rows."]
    faults, large = [], {}
    command = ["zstd", "-dcq", "--", path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as zstd:
        for number, (_, _, size) in enumerate(frames[:-1]):
            content, name = zstd.stdout.read(size), names.get(number, "settings")
            if manifest["format"] == 1 and sha256(content) != manifest["frames"][number]:
                faults.append(f"Frame {number} is not what was written: {name}.")
            for begun, ours, digits in LARGE.findall(content) if number not in last else ():
                value = large.setdefault(begun or ours, hashlib.sha256())
                value.update(bytes.fromhex(digits.decode()))
            if number in last:
                if any(value.hexdigest().encode() != key for key, value in large.items()):
                    faults.append(f"A large value does not fit its digest: {name}.")
                if not rows_hold(content, *last[number]):
                    faults.append(f"The rows do not fit their digest: {name}.")
                large = {}
        whole = len(zstd.stdout.read()) == frames[-1][2]
    if zstd.returncode or not whole:
        faults.append("zstd cannot unpack it as the seek table says; `zstd -t` says more.")
    return faults


def rows_hold(content, table, segment):
    """Say whether a segment's frame holds the rows that the server hashed."""
    head = table["insert"].encode()
    rows = content[len(head) : -2]
    if not content.startswith(head) or not content.endswith(b";\n"):
        return False
    joined = rows.replace(b"\n", b"\0").replace(b"\\\\", b"\x1a")
    joined = joined.replace(b"\\r", b"\r").replace(b"\\n", b"\n").replace(b"\x1a", b"\\\\")
    return rows.count(b"\n") + 1 == segment["rows"] and sha256(joined) == segment["digest"]


def check_sidecar(path):
    """Hold the whole file against NAME.sha256, where there is one."""
    if not os.path.exists(path + ".sha256"):
        return []
    with open(path + ".sha256", encoding="utf-8", errors="replace") as sidecar:
        stated = sidecar.read().split()[:1]
    whole = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            whole.update(block)
    return [] if stated == [whole.hexdigest()] else ["The .sha256 file states another SHA-256."]


def read(file, offset, size):
    file.seek(offset)
    return file.read(size)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv))
