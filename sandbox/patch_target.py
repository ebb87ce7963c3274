"""A host to patch without a host: a dpkg root of its own, an apt repository of small packages, and
an apt configuration under which the system's own apt-get acts on that root alone.

Nothing is simulated: packages are built by dpkg-deb, indexed by apt-ftparchive, installed by dpkg,
and `apt-get upgrade` under `APT_CONFIG` would install the newer ones for real.  The system's
packages are neither read nor touched.  The sandbox's sshd sets `APT_CONFIG` for every command, so
"the host" reached over SSH has these packages.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from gmops_desktop.paths import write_atomically
from sandbox import changelogs
from sandbox.processes import find_tool


@dataclass(frozen=True, slots=True)
class Setting:
    """A configuration file of a package in both versions; `here` is what this host made of it."""

    path: str
    old: str
    new: str
    here: str = ""


@dataclass(frozen=True, slots=True)
class Package:
    """A package: the version installed ("" for none), and the newer one, if any, in a suite."""

    name: str
    old: str
    new: str = ""
    suite: str = "stable"
    depends: str = ""  # of the newer version
    conflicts: str = ""  # of the newer version
    settings: tuple[Setting, ...] = ()
    configure: str = ""  # what the newer version runs when it is configured
    kilobytes: int = 0  # of a file that nothing compresses, in the newer version
    files: tuple[tuple[str, Path], ...] = ()  # in both versions, each a copy of one of this machine


PACKAGES: Final = (
    # Somebody edited one of its files, and the newer version brings another; it restarts a service.
    Package(
        "nginx",
        "1.22.1-9+deb12u1",
        "1.22.1-9+deb12u2",
        "stable-security",
        settings=(
            Setting(
                "etc/nginx/nginx.conf",
                "worker_connections 768;\n",
                "worker_connections 1024;\n",
                here="worker_connections 4096;  # by hand\n",
            ),
        ),
        configure='echo nginx >>"$DPKG_ROOT/var/log/restarted"',
    ),
    Package(
        "openssl",
        "3.0.15-1~deb12u1",
        "3.0.16-1~deb12u1",
        "stable-security",
        settings=(
            Setting("etc/ssl/openssl.cnf", "MinProtocol = TLSv1.1\n", "MinProtocol = TLSv1.2\n"),
        ),
    ),
    Package("libssl3", "3.0.15-1~deb12u1", "3.0.16-1~deb12u1", "stable-security"),
    Package("curl", "7.88.1-10+deb12u8", "7.88.1-10+deb12u12", "stable-security"),
    Package("tzdata", "2024b-0+deb12u1", "2025b-0+deb12u1"),
    Package("rsync", "3.2.7-1", "3.2.7-1+deb12u2"),
    # Its name says security, its origin does not.
    Package("apparmor-security-profiles", "3.0.8-3", "3.0.8-4"),
    # A new kernel comes as a new package, which plain `upgrade` would keep back for ever.
    Package(
        "linux-image-amd64",
        "6.1.128-1",
        "6.1.135-1",
        "stable-security",
        depends="linux-image-6.1.0-34-amd64",
    ),
    Package("linux-image-6.1.0-31-amd64", "6.1.128-1"),
    Package("linux-image-6.1.0-34-amd64", "", "6.1.135-1", "stable-security"),
    # Somebody has put this one on hold.
    Package("php8.2-fpm", "8.2.26-1~deb12u1", "8.2.28-1~deb12u1", "stable-security"),
    # The newer one would push another package out: kept back.
    Package("redis-server", "5:7.0.15-1~deb12u1", "5:7.0.15-1~deb12u3", conflicts="redis-legacy"),
    Package("redis-legacy", "1.0-1"),
    Package("htop", "3.2.2-2"),
    Package("ca-certificates", "20230311"),
)
HELD: Final = ("php8.2-fpm",)
_CHANGELOGS: Final = "Acquire::Changelogs::URI::Override"
# What goes wrong or takes long; a target has them where it is asked for them.
TROUBLESOME: Final = (
    Package(
        "mail-filter",
        "1.0-1",
        "1.1-1",
        configure="echo 'mail-filter: its database does not answer' >&2; exit 1",
    ),
    Package("search-index", "2.0-1", "2.1-1", configure="sleep 1"),
    Package("photo-archive", "1.0-1", "1.1-1", kilobytes=12 << 10),
)
SUITES: Final = {"stable": "Sandbox", "stable-security": "Sandbox-Security"}


class PatchTarget:
    """The patchable root in `folder`; made once, and anew when its packages change."""

    def __init__(self, folder: Path, packages: tuple[Package, ...] = PACKAGES) -> None:
        self.folder = folder
        self.packages = packages

    @property
    def root(self) -> Path:
        """The root that dpkg installs into."""
        return self.folder / "root"

    @property
    def config(self) -> Path:
        """The file to name in `APT_CONFIG`."""
        return self.folder / "apt.conf"

    @property
    def environment(self) -> dict[str, str]:
        """What a command's environment must say for it to act on this root and leave its runs
        beside it."""
        return {"APT_CONFIG": str(self.config), "GMOPS_RUNS": str(self.folder.parent / "runs")}

    @staticmethod
    def possible() -> bool:
        """Whether this system has apt at all."""
        return shutil.which("apt-get") is not None

    def make(self) -> None:
        """Build and install the packages, unless that has been done; half a build is redone."""
        facts = (
            repr(self.packages),
            repr(HELD),
            Path(__file__).read_text("utf-8"),
            str(self.folder),
        )
        digest = hashlib.sha256("\n".join(facts).encode()).hexdigest()
        stamp = self.folder / "stamp"
        if stamp.exists() and stamp.read_text("utf-8") == digest:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        for folder in ("repository", "root/var/lib/dpkg/info", "root/var/lib/dpkg/updates",
                       "root/usr", "root/etc/apt/apt.conf.d", "root/etc/apt/preferences.d",
                       "root/var/log/apt",
                       "root/var/lib/apt/lists/partial",
                       "root/var/cache/apt/archives/partial"):  # fmt: skip
            (self.folder / folder).mkdir(parents=True)
        (self.root / "var/lib/dpkg/status").touch()
        architecture = _run("dpkg", "--print-architecture").strip()
        installed = [
            self._build(package, package.old, "stable", architecture)
            for package in self.packages
            if package.old
        ]
        for package in self.packages:
            if package.new:
                self._build(package, package.new, package.suite, architecture)
        for suite, label in SUITES.items():
            self._index(suite, label, architecture)
        self._configure(architecture)
        self._dpkg("--install", *installed)
        for setting in (one for package in self.packages for one in package.settings):
            if setting.here:
                (self.root / setting.path).write_text(setting.here, "utf-8")
        self._dpkg("--set-selections", given="".join(f"{name} hold\n" for name in HELD))
        self.run("apt-get", "-q", "update")
        write_atomically(stamp, digest.encode())

    def run(self, *words: str) -> str:
        """Run an apt command on this root; return what it prints."""
        return _run(*words, environment={"APT_CONFIG": str(self.config)})

    def installed(self) -> dict[str, str]:
        """Return every installed package with its version."""
        shown = _run("dpkg-query", f"--admindir={self.root / 'var/lib/dpkg'}", "-W",
                     "-f", "${db:Status-Status} ${Package} ${Version}\n")  # fmt: skip
        rows = (line.split() for line in shown.splitlines())
        return {row[1]: row[2] for row in rows if row[0] == "installed"}

    def publish(self, *packages: Package) -> None:
        """Let the repository have the newer versions of `packages` and no others of them, and fetch
        its lists."""
        architecture = _run("dpkg", "--print-architecture").strip()
        for package in packages:
            for file in (self.folder / "repository/pool").rglob(f"{package.name}_*.deb"):
                file.unlink()
            self._build(package, package.new, package.suite, architecture)
        for suite, label in SUITES.items():
            self._index(suite, label, architecture)
        self.run("apt-get", "-q", "update")

    def _build(self, package: Package, version: str, suite: str, architecture: str) -> Path:
        tree = self.folder / "build" / package.name
        control = {
            "Package": package.name,
            "Version": version,
            "Architecture": architecture,
            "Maintainer": "GMOps sandbox <sandbox@localhost>",
            "Section": "misc",
            "Priority": "optional",
            "Description": "a small package of the sandbox, with nothing in it that runs",
        }
        if version == package.new:
            control |= {"Depends": package.depends, "Conflicts": package.conflicts}
        (tree / "DEBIAN").mkdir(parents=True)
        fields = (f"{name}: {value}\n" for name, value in control.items() if value)
        (tree / "DEBIAN/control").write_text("".join(fields), "utf-8")
        documents = tree / "usr/share/doc" / package.name
        documents.mkdir(parents=True)
        (documents / "changelog").write_text(f"{package.name} ({version}) sandbox\n", "utf-8")
        newer = version == package.new
        for setting in package.settings:
            file = tree / setting.path
            file.parent.mkdir(parents=True)
            file.write_text(setting.new if newer else setting.old, "utf-8")
        for path, source in package.files:
            file = tree / path
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, file)
        if package.settings:
            names = "".join(f"/{setting.path}\n" for setting in package.settings)
            (tree / "DEBIAN/conffiles").write_text(names, "utf-8")
        if newer and package.kilobytes:
            (documents / "photos").write_bytes(random.Random(1).randbytes(package.kilobytes << 10))
        for place in tree.rglob("*"):
            place.chmod(0o755 if place.is_dir() else 0o644)  # whatever our umask
        if newer and package.configure:
            script = tree / "DEBIAN/postinst"
            script.write_text(f'#!/bin/sh\n[ "$1" = configure ] || exit 0\n{package.configure}\n')
            script.chmod(0o755)
        pool = self.folder / "repository/pool" / suite
        pool.mkdir(parents=True, exist_ok=True)
        file = pool / f"{package.name}_{version.replace(':', '%3a')}_{architecture}.deb"
        _run("dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", str(tree), str(file))
        shutil.rmtree(tree)
        return file

    def _index(self, suite: str, label: str, architecture: str) -> None:
        repository = self.folder / "repository"
        place = repository / "dists" / suite / "main" / f"binary-{architecture}"
        place.mkdir(parents=True, exist_ok=True)
        packages = _run("apt-ftparchive", "packages", f"pool/{suite}", folder=repository)
        (place / "Packages").write_text(packages, "utf-8")
        facts = {
            "Origin": "GMOps Sandbox",
            "Label": label,
            "Suite": suite,
            "Version": "12",
            "Codename": suite.replace("stable", "sandbox"),
            "Architectures": architecture,
            "Components": "main",
        }
        options = [f"-oAPT::FTPArchive::Release::{name}={value}" for name, value in facts.items()]
        release = _run("apt-ftparchive", *options, "release", ".", folder=place.parent.parent)
        (place.parent.parent / "Release").write_text(release, "utf-8")

    def _configure(self, architecture: str) -> None:
        sources = (
            f"deb [trusted=yes] copy:{self.folder / 'repository'} {suite} main\n"
            for suite in SUITES
        )
        (self.root / "etc/apt/sources.list").write_text("".join(sources), "utf-8")
        kept = self.folder / "repository/changelogs"
        changelogs.write(kept)
        lines = {
            "Dir": f"{self.root}/",
            "Dir::State": "var/lib/apt/",
            "Dir::State::status": str(self.root / "var/lib/dpkg/status"),
            "Dir::Cache": "var/cache/apt/",
            "Dir::Etc": "etc/apt/",
            "Dir::Log": "var/log/apt/",
            "Dir::Bin::dpkg": str(find_tool("dpkg", "dpkg")),
            "Dir::Bin::methods": "/usr/lib/apt/methods/",
            "Dir::Bin::planners::": "/usr/lib/apt/planners/",
            "Dir::Bin::solvers::": "/usr/lib/apt/solvers/",
            "APT::Architecture": architecture,
            "APT::Architectures::": architecture,
            # The repository lies in a folder of ours, which the account _apt may not enter.
            "APT::Sandbox::User": "root",
            "APT::Periodic::Unattended-Upgrade": "0",
            "Acquire::Languages": "none",
            # `copy:`, for of a `file:` apt looks for its own copy and does not find one.
            f"{_CHANGELOGS}::Label::Sandbox-Security": f"copy:{kept}/@CHANGEPATH@",
        }
        text = "".join(f'{name} "{value}";\n' for name, value in lines.items())
        options = "".join(f'  "{option}";\n' for option in self._dpkg_options())
        write_atomically(self.config, f"{text}DPkg::Options {{\n{options}}};\n".encode())

    def _dpkg_options(self) -> list[str]:
        return [
            f"--root={self.root}",
            f"--log={self.root / 'var/log/dpkg.log'}",
            "--force-not-root",
            "--force-bad-path",
            "--force-unsafe-io",
            # The root has no shell of its own: what packages run, runs here and is told the root.
            "--force-script-chrootless",
        ]

    def _dpkg(self, *words: str | Path, given: str = "") -> str:
        return _run("dpkg", *self._dpkg_options(), *map(str, words), given=given)


def _run(
    name: str,
    *words: str,
    folder: Path | None = None,
    given: str = "",
    environment: dict[str, str] | None = None,
) -> str:
    tool = find_tool(name, "apt-utils" if name == "apt-ftparchive" else "apt")
    ran = subprocess.run(
        [str(tool), *words],
        cwd=folder,
        input=given,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "LC_ALL": "C", **(environment or {})},
    )
    if ran.returncode:
        raise OpsError(
            tr("{tool} failed while the sandbox's packages were made.", tool=name),
            hint=_tail(ran.stderr.splitlines() or ran.stdout.splitlines()),
        )
    return ran.stdout


def _tail(lines: Iterable[str]) -> str:
    return "\n".join(list(lines)[-8:])
