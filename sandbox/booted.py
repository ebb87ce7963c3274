"""A whole Debian 12 that starts and restarts, systemd its first process; for root on Linux only.

    python -m sandbox.booted        lay out its tree once in this user's cache (about 400 MB)

`debootstrap` lays out the tree, `systemd-nspawn` starts it over an overlay: what it writes goes
with it, and the tree stays as it was.  It has its own /tmp, processes, network and, at each start,
boot id; nothing of the machine is bound into it.  A restart from inside is one: nspawn ends with
133 and is called again.  It is reached over a pair of virtual interfaces, at its own address.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from gmops_desktop.addresses import SshAddress
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from sandbox.database import replaced, servers_cache
from sandbox.patch_target import SUITES, Package, PatchTarget
from sandbox.processes import Process, end_strays, find_tool, greeted, launch, marking, pause
from sandbox.sshd import make_key, public_key

USER: Final = "ops"  # an ordinary account that may use sudo without a password
_PACKAGES: Final = "systemd,systemd-sysv,dbus,openssh-server,sudo,needrestart,procps"
_TOOLS: Final = {
    "systemd-nspawn": "systemd-container", "debootstrap": "debootstrap", "ip": "iproute2",
    "unshare": "util-linux",
}  # fmt: skip
# 133 is how nspawn says that the system inside restarts.
_BEGIN: Final = r"""
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/host" || exit 1
while :; do
  systemd-nspawn --quiet --directory="$2/host" --machine="$3" --boot --register=no --keep-unit \
    --network-namespace-path="/run/netns/$3" --settings=no --link-journal=no --resolv-conf=off \
    --timezone=off --console=pipe </dev/null
  [ $? = 133 ] || exit
done
"""
_FILES: Final = {
    "etc/hostname": "web1\n",
    "etc/hosts": "127.0.0.1 localhost web1\n",
    f"etc/sudoers.d/{USER}": f"{USER} ALL=(ALL) NOPASSWD: ALL\n",
    # Somebody's daemon: what it runs comes with a package, its unit does not.
    "etc/systemd/system/front.service": "[Service]\nExecStart=/bin/sleep infinity\n"
    "Environment=LD_PRELOAD=/usr/lib/front/libfront.so\n[Install]\nWantedBy=multi-user.target\n",
    "etc/apt/sources.list": "".join(
        # `copy:`, as of a `file:` apt keeps no copy of its own.
        f"deb [trusted=yes] copy:/srv/repository {suite} main\n"
        for suite in SUITES
    ),
}


class Repository(PatchTarget):
    """The archive that the host gets its packages from; nothing is installed here."""

    def make(self) -> None:
        """Build both versions of each package, and the index."""
        architecture = subprocess.run(
            [str(find_tool("dpkg", "dpkg")), "--print-architecture"],
            capture_output=True, text=True, check=True,
        ).stdout.strip()  # fmt: skip
        for package in self.packages:
            self._build(package, package.old, "stable", architecture)
            self._build(package, package.new, package.suite, architecture)
        for suite, label in SUITES.items():
            self._index(suite, label, architecture)


def packages() -> tuple[Package, ...]:
    """Return what the host gets in two versions: a kernel, and the library of `front.service`."""
    library = next(tree().glob("usr/lib/*/libz.so.1")).resolve()
    return (
        Package("linux-image-amd64", "6.1.128-1", "6.1.135-1", "stable-security"),
        Package(
            "libfront", "1.0-1", "1.0-2", "stable-security",
            files=(("usr/lib/front/libfront.so", library),),
        ),
        Package("libquiet", "1.0-1", "1.0-2"),
    )  # fmt: skip


class Booted:
    """The host in a folder of the cache, from `with` on; it ends with the block."""

    def __init__(self) -> None:
        self.folder = Path()
        self.name = f"gmops{os.getpid() % 100000}"
        net = f"10.213.{os.getpid() % 250 + 1}"
        self._here, self._there = f"{net}.1", f"{net}.2"
        self.process: Process | None = None

    def address(self, user: str = "root") -> SshAddress:
        """Return how to log in as root, or as `USER`."""
        return SshAddress(self._there, 22, user, str(self.folder / "key"))

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(dir=servers_cache(), prefix="booted-"))
        try:
            self._furnish()
            self._join()
            self.start()
        except BaseException:
            self._clear()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._clear()

    def start(self) -> None:
        """Switch it on, and wait until its sshd speaks."""
        words: list[str | Path] = [
            # All that runs in it ends with its first process, and that with this one.
            find_tool("unshare", "util-linux"), "--mount", "--propagation", "private", "--pid",
            "--fork", "--mount-proc", "--kill-child", "sh", "-c", _BEGIN, "begin",
            tree(), self.folder, self.name,
        ]  # fmt: skip
        log = self.folder / "log"
        self.process = launch(words, log, environment=marking(self.folder))
        for _ in range(600):
            if greeted(22, self._there):
                return
            if not self.process.alive():
                break
            pause()
        raise OpsError(
            tr("{name} of the sandbox did not start.", name="systemd-nspawn"),
            hint=log.read_text("utf-8", "replace")[-800:],
        )

    def power_off(self) -> None:
        """Let it vanish as when the power goes."""
        if self.process:
            self.process.kill()
            self.process = None
            end_strays(self.folder)

    def _furnish(self) -> None:
        """Lay what this host has otherwise than the tree."""
        for name in ("upper", "work", "host"):
            (self.folder / name).mkdir()
        upper = self.folder / "upper"
        upper.chmod(0o755)
        key = self.folder / "key"
        make_key(key)
        for path, text in _FILES.items():
            file = upper / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        for home, owner in (("root", 0), (f"home/{USER}", 1000)):
            file = upper / home / ".ssh/authorized_keys"
            file.parent.mkdir(parents=True)
            file.write_text(public_key(key) + "\n", "utf-8")
            for place in (upper / home, file.parent, file):
                os.chown(place, owner, owner)
                place.chmod(0o600 if place == file else 0o700)
        wanted = upper / "etc/systemd/system/multi-user.target.wants/front.service"
        wanted.parent.mkdir(parents=True)
        wanted.symlink_to("/etc/systemd/system/front.service")
        archive = Repository(self.folder / "archive", packages())
        archive.make()
        shutil.copytree(archive.folder / "repository", upper / "srv/repository")

    def _join(self) -> None:
        _run("ip", "netns", "add", self.name)
        _run("ip", "link", "add", self.name, "type", "veth", "peer", "name", "host0",
             "netns", self.name)  # fmt: skip
        _run("ip", "address", "add", f"{self._here}/30", "dev", self.name)
        _run("ip", "link", "set", self.name, "up")
        inside = ("ip", "-n", self.name)
        _run(*inside, "address", "add", f"{self._there}/30", "dev", "host0")
        for link in ("host0", "lo"):
            _run(*inside, "link", "set", link, "up")

    def _clear(self) -> None:
        self.power_off()
        ip = str(find_tool("ip", "iproute2"))
        for words in (("link", "delete", self.name), ("netns", "delete", self.name)):
            subprocess.run([ip, *words], capture_output=True, check=False)
        # The overlay was mounted in a name space that is gone with its processes.
        mounts = Path("/proc/mounts").read_text("utf-8")
        if str(self.folder) not in mounts:
            shutil.rmtree(self.folder, ignore_errors=True)


def missing() -> str:
    """Say what it lacks here, or nothing."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "A Debian that starts needs Linux and root: its tests are skipped."
    tools = [tool for tool in _TOOLS if not shutil.which(tool, path=_path())]
    if tools:
        return f"A Debian that starts needs {', '.join(tools)}: its tests are skipped."
    if not (tree() / "usr/bin/systemctl").exists():
        return "A Debian that starts has not been laid out (`python3 dev.py test`): it is skipped."
    return ""


def why_not() -> str:
    """Say why it cannot run here, or nothing; whether a network can be made is tried."""
    if lacks := missing():
        return lacks
    ip = str(find_tool("ip", "iproute2"))
    made = subprocess.run([ip, "netns", "add", _TRIED], capture_output=True, text=True, check=False)
    subprocess.run([ip, "netns", "delete", _TRIED], capture_output=True, check=False)
    if made.returncode:
        return f"No network of one's own can be made here ({made.stderr.strip()}): it is skipped."
    return ""


_TRIED: Final = f"gmops-try-{os.getpid()}"


def tree() -> Path:
    """Return the folder of the tree, whether it has been laid out or not."""
    return servers_cache() / "debian-12"


def build() -> None:
    """Lay out the tree in the cache unless it is there; takes about a minute.

    Raises `OpsError` where debootstrap is missing or fails.
    """
    home = tree()
    if (home / "usr/bin/systemctl").exists():
        return
    home.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=home.parent, prefix="debian-12-"))
    fresh.chmod(0o755)
    try:
        # What it mounts while it works goes with the name space, finished or not.
        _run("unshare", "--mount", str(find_tool("debootstrap", "debootstrap")),
             "--variant=minbase", f"--include={_PACKAGES}", "bookworm", str(fresh))  # fmt: skip
        _run("chroot", str(fresh), "useradd", "--uid", "1000", "--create-home",
             "--shell", "/bin/bash", USER)  # fmt: skip
        (fresh / "etc/machine-id").write_text("")
        shutil.rmtree(fresh / "var/cache/apt/archives", ignore_errors=True)
        shutil.rmtree(fresh / "var/lib/apt/lists", ignore_errors=True)
    except OpsError:
        shutil.rmtree(fresh)
        raise
    replaced(home, fresh)


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


def _run(*words: str) -> None:
    tool = find_tool(words[0], _TOOLS.get(words[0], "coreutils"))
    ran = subprocess.run([str(tool), *words[1:]], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise OpsError(
            tr("{tool} failed while the sandbox's packages were made.", tool=shlex.join(words[:3])),
            hint=(ran.stderr or ran.stdout).strip()[-800:],
        )


if __name__ == "__main__":
    try:
        build()
    except OpsError as error:
        sys.exit(" ".join(filter(None, [str(error), error.hint])))
