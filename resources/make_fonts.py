"""Makes the fonts in `resources/fonts` from their published packages.  Run by hand, rarely.

    npm pack @expo-google-fonts/noto-sans-sc@0.4.3 @expo-google-fonts/noto-serif-sc@0.4.3
    apt-get download unicode-data fonts-lxgw-wenkai          (Debian 12: 15.0.0-1, 1.250+repack-1)
    python3 resources/make_fonts.py FOLDER                   (the folder that holds the four files)

The whole fonts are 10 to 15 MB each.  We keep what Chinese documents use: the 8,105 characters of
the Table of General Standard Chinese Characters (通用规范汉字表, 2013; Unicode's field kTGH), all
of GB 2312, and symbols; in the face of names and tables (Sans Regular and Bold) all of GBK as well.
Digits keep their common width.  Hinting and layout tables go; neither PDF nor window needs them.

The rare face holds the ideographs that LXGW WenKai has and Noto Sans SC lacks (𠮷 and a few
thousand more, for names).  Its licence reserves the name, so it is renamed.
"""

from __future__ import annotations

import bz2
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FOLDER = Path(__file__).resolve().parent / "fonts"
SANS, SERIF, RARE = "Noto Sans SC", "Noto Serif SC", "GMOps Rare Han"
SHA256 = {
    "expo-google-fonts-noto-sans-sc-0.4.3.tgz": (
        "0d69d0f4971d2ff574e3d93cbc218dc950bf3f3f8f8e2c008d97687ed53aee59"
    ),
    "expo-google-fonts-noto-serif-sc-0.4.3.tgz": (
        "ff6bcf5ba68d92dfecc05544bb150f9e724741a932354a0dd97e7289c40a3f5e"
    ),
    "unicode-data_15.0.0-1_all.deb": (
        "5efef23bbb1c6a133ecbdd63a2cfa07159ccacf5466a49e2426101c5ecd691fc"
    ),
    "fonts-lxgw-wenkai_1.250+repack-1_all.deb": (
        "6d1e4c4aac78ad32062aefa2c836ee4d6e58f9dcf8b3f4407c9eefe304615318"
    ),
}
SYMBOLS = (
    (0x0020, 0x007F),
    (0x00A0, 0x0180),
    (0x0370, 0x0460),
    (0x2000, 0x2070),
    (0x20A0, 0x20C0),
    (0x2100, 0x2300),
    (0x2460, 0x27C0),
    (0x3000, 0x3130),
    (0x3200, 0x3400),
    (0xFE10, 0xFE70),
    (0xFF00, 0xFFF0),
)
IDEOGRAPHS = ((0x2E80, 0x2FE0), (0x3400, 0xA000), (0xF900, 0xFB00), (0x20000, 0x32000))


def characters(encoding: str) -> set[int]:
    """Return every character of a double-byte Chinese encoding."""
    found: set[int] = set()
    for lead in range(0x81, 0xFF):
        for trail in range(0x40, 0xFF):
            text = bytes((lead, trail)).decode(encoding, "ignore")
            if len(text) == 1 and not 0xE000 <= ord(text) < 0xF900:
                found.add(ord(text))
    return found


def standard_characters(unihan: bytes) -> set[int]:
    """Return the Table of General Standard Chinese Characters from Unihan_OtherMappings.txt."""
    found = {int(code, 16) for code in re.findall(rb"^U\+([0-9A-F]+)\tkTGH", unihan, re.MULTILINE)}
    if len(found) != 8105:
        raise SystemExit(f"The table holds {len(found)} characters, not 8105.")
    return found


def write(source: Path, name: str, family: str, weight: int, wanted: Iterable[int]) -> set[int]:
    """Write the part of `source` that holds `wanted` as `name`; return what it holds."""
    options = Options()
    options.hinting = False
    options.glyph_names = False
    options.notdef_outline = True
    options.layout_features = []
    options.name_IDs = ["*"]
    options.name_languages = ["*"]
    options.drop_tables += ["BASE", "DSIG", "GDEF", "GPOS", "GSUB", "STAT", "VORG", "vhea", "vmtx"]
    font = TTFont(source)
    part = Subsetter(options)
    part.populate(unicodes=wanted)
    part.subset(font)
    rename(font, family, weight)
    font.save(FOLDER / name)
    held = set(font.getBestCmap())
    sys.stdout.write(
        f"{name}: {len(held):,} characters, {(FOLDER / name).stat().st_size:,} bytes\n"
    )
    return held


def rename(font: TTFont, family: str, weight: int) -> None:
    """Name one family with several weights, so that every system groups them as one."""
    style = {400: "Regular", 500: "Medium", 700: "Bold"}[weight]
    names = {
        1: family,
        2: style,
        4: f"{family} {style}",
        6: f"{family.replace(' ', '')}-{style}",
        16: family,
        17: style,
    }
    table = font["name"]
    kept = (0, 5, 7, 13, 14)  # copyright, version, trademark, licence and its address
    table.names = [record for record in table.names if record.nameID in kept]
    for number, text in names.items():
        table.setName(text, number, 3, 1, 0x409)
    font["OS/2"].usWeightClass = weight
    bold = weight == 700
    font["OS/2"].fsSelection = font["OS/2"].fsSelection & ~0x61 | (0x20 if bold else 0x40)
    font["head"].macStyle = 1 if bold else 0


def unpack(downloads: Path, folder: Path) -> None:
    for name, digest in SHA256.items():
        file = downloads / name
        if hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            raise SystemExit(f"{name} is not the file this script was written for.")
        if name.endswith(".deb"):
            subprocess.run(["dpkg-deb", "-x", file, folder], check=True)
        else:
            with tarfile.open(file) as archive:
                archive.extractall(folder / name.split("-")[4], filter="data")


def make(downloads: Path) -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        unpack(downloads, folder)
        unihan = folder / "usr/share/unicode/Unihan_OtherMappings.txt.bz2"
        symbols = {code for first, end in SYMBOLS for code in range(first, end)}
        common = symbols | standard_characters(bz2.decompress(unihan.read_bytes()))
        common |= characters("gb2312")
        wide = common | characters("gbk")

        sans, serif = folder / "sans/package", folder / "serif/package"
        for weight, style, wanted in (
            (400, "Regular", wide),
            (500, "Medium", common),
            (700, "Bold", wide),
        ):
            source = sans / f"{weight}{style}" / f"NotoSansSC_{weight}{style}.ttf"
            write(source, f"NotoSansSC-{style}.ttf", SANS, weight, wanted)
        for weight, style in ((400, "Regular"), (700, "Bold")):
            source = serif / f"{weight}{style}" / f"NotoSerifSC_{weight}{style}.ttf"
            write(source, f"NotoSerifSC-{style}.ttf", SERIF, weight, common)

        held = set(TTFont(FOLDER / "NotoSansSC-Regular.ttf").getBestCmap())
        rare = next((folder / "usr/share/fonts").rglob("LXGWWenKai-Regular.ttf"))
        ideographs = {code for first, end in IDEOGRAPHS for code in range(first, end)}
        write(rare, "RareHan-Regular.ttf", RARE, 400, ideographs - held)
        (FOLDER / "OFL-NotoSansSC.txt").write_bytes((sans / "LICENSE_FONT").read_bytes())
        (FOLDER / "OFL-NotoSerifSC.txt").write_bytes((serif / "LICENSE_FONT").read_bytes())
        holder = TTFont(rare)["name"].getDebugName(0)
        terms = (sans / "LICENSE_FONT").read_text("utf-8").split("\n", 1)[1]
        reserved = "with Reserved Font Names '霞鹜' and 'LXGW'"
        (FOLDER / "OFL-RareHan.txt").write_text(f"{holder}\n{reserved}\n{terms}", "utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
