"""A host of the Red Hat family to patch, without such a host; for root only.

The system's own tree, seen through an overlay: what is written lies in a folder of ours and nothing
outside is touched.  In it stand an RPM database, repositories of small packages built by rpmbuild,
advisories, and no apt; the sandbox's sshd runs inside, so that the real `dnf`, `rpm` and their
Python API act on that host as on any other, and `dnf upgrade` there would install for real.

What is mounted is mounted in a name space of the server's own and goes with its last process.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import write_atomically
from sandbox.processes import find_tool

# Leave the root, and give the tree what a host has: /proc, a few devices, the folder of ours.
_ENTER: Final = r"""
set -e
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/host"
mkdir -p "$1/host$1"
mount --bind "$1" "$1/host$1"
mount -t proc proc "$1/host/proc"
mount -t tmpfs -o mode=755,size=1m tmpfs "$1/host/dev"
for n in "null 1 3" "zero 1 5" "random 1 8" "urandom 1 9"; do
  set -- "$1" "$2" $n
  mknod -m 666 "$1/host/dev/$3" c "$4" "$5"
done
ln -s /proc/self/fd "$1/host/dev/fd"
exec chroot "$1/host" sh "$1/command"
"""


@dataclass(frozen=True, slots=True)
class Rpm:
    """A package: the version-release installed ("" for none), and the newer one, if any.

    A colon parts an epoch from the version.  `extra` are lines of the newer one's spec.
    """

    name: str
    old: str
    new: str = ""
    repository: str = "sandbox-base"
    extra: tuple[str, ...] = ()
    unit: bool = False


@dataclass(frozen=True, slots=True)
class Advisory:
    """A notice as distributors publish them in updateinfo.xml."""

    id: str
    kind: str
    severity: str
    cves: tuple[str, ...]
    packages: tuple[tuple[str, str], ...]  # name, [epoch:]version-release


RPMS: Final = (
    Rpm("sandbox-release", "9-1"),
    Rpm("nginx", "1:1.20.1-14.el9", "1:1.20.1-16.el9", unit=True,
        extra=("Requires: nginx-filesystem",)),
    Rpm("nginx-filesystem", "", "1:1.20.1-16.el9"),
    # Between the two lay the one that mended the hole; the newest mends a plain fault.
    Rpm("openssl-libs", "1:3.0.7-24.el9", "1:3.0.7-27.el9"),
    Rpm("java-1.8.0-openjdk", "1:1.8.0.402.b06-2.el9", "1:1.8.0.412.b08-2.el9"),
    Rpm("tzdata", "2024a-1.el9", "2024b-2.el9"),
    Rpm("kernel-core", "5.14.0-427.el9", "5.14.0-503.el9",
        extra=("Provides: kernel-core-uname-r = 5.14.0-503.el9",)),
    # Whoever has the one is offered the other in its place.
    Rpm("old-editor", "1.0-1.el9"),
    Rpm("new-editor", "", "2.0-1.el9", extra=("Obsoletes: old-editor < 2",)),
    # Left out by a line of dnf's settings.
    Rpm("redis", "6.2.7-1.el9", "6.2.12-1.el9"),
    # Of a repository without notices about security.
    Rpm("php-fpm", "8.2.26-1.el9.remi", "8.2.28-1.el9.remi", "sandbox-thirdparty"),
    Rpm("htop", "3.2.1-1.el9"),
)  # fmt: skip
ADVISORIES: Final = (
    Advisory("SBSA-2026:1001", "security", "Important", ("CVE-2026-1001", "CVE-2026-1002"),
             (("nginx", "1:1.20.1-16.el9"), ("nginx-filesystem", "1:1.20.1-16.el9"))),
    Advisory("SBSA-2026:1002", "security", "Moderate", ("CVE-2026-1003",),
             (("openssl-libs", "1:3.0.7-25.el9"),)),
    Advisory("SBBA-2026:1003", "bugfix", "None", (), (("openssl-libs", "1:3.0.7-27.el9"),)),
    Advisory("SBSA-2026:1004", "security", "Critical", ("CVE-2026-1005",),
             (("java-1.8.0-openjdk", "1:1.8.0.412.b08-2.el9"),)),
    Advisory("SBSA-2026:1006", "security", "Important", ("CVE-2026-1006",),
             (("kernel-core", "5.14.0-503.el9"),)),
    Advisory("SBEA-2026:1007", "enhancement", "None", (), (("tzdata", "2024b-2.el9"),)),
)  # fmt: skip
REPOSITORIES: Final = ("sandbox-base", "sandbox-thirdparty")
EXCLUDED: Final = ("redis",)
OS_RELEASE: Final = """\
NAME="Rocky Linux"
VERSION="9.4 (Blue Onyx)"
ID="rocky"
ID_LIKE="rhel centos fedora"
VERSION_ID="9.4"
PLATFORM_ID="platform:el9"
PRETTY_NAME="Rocky Linux 9.4 (Blue Onyx)"
"""


class RpmTarget:
    """The host in `folder`; made once, and anew when the packages above change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

    @staticmethod
    def possible() -> bool:
        """Whether this account may lay such a tree, and the tools to build one are there."""
        tools = ("dnf", "rpmbuild", "createrepo_c", "modifyrepo_c", "unshare", "chroot")
        return os.geteuid() == 0 and all(shutil.which(tool) for tool in tools)

    @property
    def upper(self) -> Path:
        """What the host has otherwise than the system."""
        return self.folder / "upper"

    def repository(self, name: str) -> Path:
        """The folder of a repository."""
        return self.folder / "repositories" / name

    def make(self) -> None:
        """Build and install the packages, unless that has been done; half a build is redone."""
        facts = (repr(RPMS), repr(ADVISORIES), Path(__file__).read_text("utf-8"), str(self.folder))
        digest = hashlib.sha256("\n".join(facts).encode()).hexdigest()
        stamp = self.folder / "stamp"
        if stamp.exists() and stamp.read_text("utf-8") == digest:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        for name in ("upper", "work", "host", "build"):
            (self.folder / name).mkdir(parents=True)
        installed = self._build("old", {rpm: rpm.old for rpm in RPMS if rpm.old})
        offered = self._build("new", {rpm: rpm.new for rpm in RPMS if rpm.new})
        for name in REPOSITORIES:
            place = self.repository(name)
            place.mkdir(parents=True)
            for rpm in RPMS:
                if rpm.repository == name:
                    for files in (installed, offered):
                        if rpm in files:
                            shutil.copy(files[rpm], place)
            _run("createrepo_c", "-q", str(place))
        notices = self.folder / "updateinfo.xml"
        notices.write_text(_updateinfo(ADVISORIES), "utf-8")
        _run("modifyrepo_c", str(notices), str(self.repository("sandbox-base") / "repodata"))
        self._furnish()
        self.run("rpm", "--force-debian", "-i", "--nodeps", *map(str, installed.values()))
        write_atomically(stamp, digest.encode())

    def inside(self, words: Sequence[str]) -> list[str]:
        """Return the command that runs `words` on the host, in a name space of its own.

        One at a time: two such trees over one folder do not see each other's writing.
        """
        write_atomically(self.folder / "command", f"exec {shlex.join(words)}\n".encode())
        unshare = str(find_tool("unshare", "util-linux"))
        enter = [unshare, "--mount", "--propagation", "private", "sh", "-c", _ENTER]
        return [*enter, "enter", str(self.folder)]

    def run(self, *words: str) -> str:
        """Run a command on the host while its server does not run; return what it prints."""
        return _run(*self.inside(words))

    def installed(self) -> dict[str, str]:
        """Return every installed package with its version and release."""
        shown = self.run("rpm", "-qa", "--qf", "%{NAME} %{EVR}\n")
        return {name: version for name, version in (line.split() for line in shown.splitlines())}

    def _build(self, step: str, wanted: Mapping[Rpm, str]) -> dict[Rpm, Path]:
        """Build all packages of a step by one run: each is a part of one empty main package."""
        top = self.folder / "build" / step
        spec = top / "packages.spec"
        top.mkdir()
        spec.write_text(_spec(wanted), "utf-8")
        _run("rpmbuild", "--quiet", "-bb", "--define", f"_topdir {top}", "--define",
             "_build_id_links none", "--define", "_binary_payload w0.ufdio", str(spec))  # fmt: skip
        built = {file.name: file for file in (top / "RPMS").rglob("*.rpm")}
        return {
            rpm: built[f"{rpm.name}-{version.rpartition(':')[2]}.noarch.rpm"]
            for rpm, version in wanted.items()
        }

    def _furnish(self) -> None:
        """Lay what makes the tree a host of that family, and take away what would belie it."""
        repositories = "".join(
            f"[{name}]\nname={name}\nbaseurl=file://{self.repository(name)}\n"
            "enabled=1\ngpgcheck=0\nmetadata_expire=1\n\n"
            for name in REPOSITORIES
        )
        settings = f"[main]\ninstallonly_limit=3\nexcludepkgs={','.join(EXCLUDED)}\n"
        for place, text in {
            "usr/lib/os-release": OS_RELEASE,
            "etc/yum.repos.d/sandbox.repo": repositories,
            "etc/dnf/dnf.conf": settings,
            "etc/dnf/plugins/local.conf": "[main]\nenabled=false\n",
            "etc/rpm/macros.sandbox": "%_dbpath /var/lib/rpm\n",
        }.items():
            file = self.upper / place
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        for program in ("apt-get", "apt-mark", "apt-cache", "apt-config", "apt", "dpkg-query"):
            gone = self.upper / "usr/bin" / program
            gone.parent.mkdir(parents=True, exist_ok=True)
            os.mknod(gone, 0o020000, os.makedev(0, 0))  # overlayfs: removed
        # Who works here may have much in these; on a host nobody installed anything for oneself.
        for name in (".bashrc", ".bash_profile", ".profile", ".zshenv"):
            file = self.upper / Path.home().relative_to("/") / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        for folder in ("run", "var", "var/lib", "var/lib/rpm", "var/cache/dnf"):
            (self.upper / folder).mkdir(parents=True, exist_ok=True)


def _spec(wanted: Mapping[Rpm, str]) -> str:
    lines = ["Name: sandbox-packages", "Version: 1", "Release: 1", "License: none",
             "Summary: the sandbox's packages", "BuildArch: noarch", "%description", "none",
             "%install"]  # fmt: skip
    for rpm in wanted:
        lines.append(f"mkdir -p %{{buildroot}}/usr/share/sandbox/{rpm.name}")
        if rpm.unit:
            unit = f"%{{buildroot}}/usr/lib/systemd/system/{rpm.name}.service"
            lines.append(f"mkdir -p $(dirname {unit}); echo '[Service]' > {unit}")
    for rpm, version in wanted.items():
        epoch, _, rest = version.rpartition(":")
        number, _, release = rest.partition("-")
        lines += [f"%package -n {rpm.name}", f"Version: {number}", f"Release: {release}"]
        lines += [f"Epoch: {epoch}"] if epoch else []
        lines += ["Summary: a small package of the sandbox"]
        if rpm.name == "sandbox-release":
            lines.append(f"Provides: system-release = {number}")
        if version == rpm.new:
            lines += rpm.extra
        lines += [f"%description -n {rpm.name}", "nothing in it runs"]
        lines += [f"%files -n {rpm.name}", f"/usr/share/sandbox/{rpm.name}"]
        if rpm.unit:
            lines.append(f"/usr/lib/systemd/system/{rpm.name}.service")
    return "\n".join(lines) + "\n"


def _updateinfo(advisories: Iterable[Advisory]) -> str:
    parts = []
    for one in advisories:
        references = "".join(
            f'<reference href="https://localhost/{cve}" id="{cve}" type="cve" title="{cve}"/>'
            for cve in one.cves
        )
        packages = ""
        for name, version in one.packages:
            epoch, _, rest = version.rpartition(":")
            number, _, release = rest.partition("-")
            packages += (
                f'<package name="{name}" version="{number}" release="{release}"'
                f' epoch="{epoch or 0}" arch="noarch" src="x.src.rpm">'
                f"<filename>{name}-{rest}.noarch.rpm</filename></package>"
            )
        parts.append(
            f'<update from="sandbox@localhost" status="final" type="{one.kind}" version="1">'
            f"<id>{one.id}</id><title>{escape(one.id)}</title>"
            f'<issued date="2026-11-01 00:00:00"/><severity>{one.severity}</severity>'
            f"<references>{references}</references>"
            f'<pkglist><collection short="s"><name>s</name>{packages}</collection></pkglist>'
            "</update>"
        )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<updates>{"".join(parts)}</updates>\n'


def _run(*words: str) -> str:
    tool = find_tool(words[0], _PACKAGES.get(words[0], "util-linux"))
    ran = subprocess.run(
        [str(tool), *words[1:]],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    )
    if ran.returncode:
        raise OpsError(
            tr("{tool} failed while the sandbox's packages were made.", tool=words[0]),
            hint="\n".join((ran.stderr.splitlines() or ran.stdout.splitlines())[-8:]),
        )
    return ran.stdout


_PACKAGES: Final = {
    "rpmbuild": "rpm",
    "createrepo_c": "createrepo-c",
    "modifyrepo_c": "createrepo-c",
}
