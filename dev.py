#!/usr/bin/env python3
"""The one door for people who work on GMOps Desktop.

    python3 dev.py run      set up, then open the program (without a display: perform the tour)
    python3 dev.py test     set up, then lint, format, types, floors, tests, frozen program
    python3 dev.py test-all the same, with the tests that need a MySQL 9 (root; builds it once)
    python3 dev.py pictures renew the pictures of README and guide (docs/pictures)
    python3 dev.py samples  renew the samples of every document (docs/samples): lives a year in the
                            sandbox; with --again only lays out anew those that are there
    python3 dev.py lint | types | bench | screenshots | build | setup | lock

Standard library only: it must run before anything is installed.  Set-up makes `.venv` from
`requirements.lock` and installs the system packages that the program and its sandbox need, where
apt and root (or sudo) are there; elsewhere it names what is missing in one line.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
WINDOWS = os.name == "nt"
SCRIPTS = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = SCRIPTS / ("python.exe" if WINDOWS else "python")

# What the window needs from the system (measured on a bare Debian 12, package by package).
WINDOW_PACKAGES = [
    "python3-venv",
    "libglib2.0-0",
    "libgl1",
    "libegl1",
    "libxkbcommon0",
    "libdbus-1-3",
    "libfontconfig1",
    "libxcb-cursor0",
    "libxkbcommon-x11-0",
    "libxcb-icccm4",
    "libxcb-keysyms1",
    "libxcb-shape0",
    "libcups2",
]
# What the sandbox and the tests start for real.
SERVER_PACKAGES = [
    "mariadb-server",
    "mariadb-client",
    "openssh-server",
    "zstd",
    "apt-utils",
    "age",
    "libzbar0",
    "busybox",
    "acl",
    "attr",
    "dnf",
    "dnf-plugins-core",
    "rpm",
    "createrepo-c",
    "nginx-light",
    "poppler-utils",
    "apache2",
    "php-fpm",
    "libfaketime",
]
# What lays out the tree of a MySQL 9, and of a Debian that starts.
TREE_PACKAGES = ["debootstrap"]
BOOT_PACKAGES = ["debootstrap", "systemd-container", "iproute2"]
# What the benchmarks compare with, and lay a slow line with (`ip`, `tc`).
BENCH_PACKAGES = ["mydumper", "iproute2", "openssh-client"]
# What freezing needs: objdump, and the shared library that Debian splits from its own Python.
BUILD_PACKAGES = ["binutils"]
if sys.base_prefix == "/usr":
    BUILD_PACKAGES.append(f"libpython3.{sys.version_info.minor}")
# What photographs of the window need where there is no display.
DISPLAY_PACKAGES = ["xvfb", "xauth"]


class Failed(Exception):
    """A step failed; its output has already been shown."""


def say(text: str) -> None:
    print(f"· {text}", flush=True)


def call(*words: str | Path, env: dict[str, str] | None = None, quiet: bool = False) -> None:
    """Run a command in the project's folder; raise `Failed` with its name if it fails."""
    output = subprocess.PIPE if quiet else None
    ran = subprocess.run(
        [str(word) for word in words],
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        stdout=output,
        stderr=subprocess.STDOUT if quiet else None,
        check=False,
    )
    if ran.returncode:
        if quiet:
            sys.stdout.write(ran.stdout.decode(errors="replace"))
        raise Failed(f"{' '.join(str(word) for word in words[:4])} … exit {ran.returncode}")


# ---------------------------------------------------------------- set-up


def set_up() -> None:
    """Install what is missing; quick when nothing is."""
    if sys.version_info < (3, 11):  # noqa: UP036 - the one script that older Pythons may start
        raise Failed("Python 3.11 or newer is needed; this is " + sys.version.split()[0])
    packages = WINDOW_PACKAGES + SERVER_PACKAGES + BUILD_PACKAGES + DISPLAY_PACKAGES
    install_system_packages(packages)
    make_environment()


def install_system_packages(packages: list[str]) -> None:
    if not shutil.which("dpkg-query"):
        if not sys.platform.startswith("linux"):
            missing = [tool for tool in ("mariadbd", "sshd", "zstd") if not find_tool(tool)]
            if missing:
                say(f"For the sandbox, please install by hand: {', '.join(missing)}")
        return
    missing = missing_packages(packages)
    if not missing:
        return
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    sudo = [] if root else ["sudo", "-n"]
    if not root and (
        not shutil.which("sudo")
        or subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode
    ):
        say(f"Please install these system packages: sudo apt-get install {' '.join(missing)}")
        return
    say(f"Installing {len(missing)} system packages: {' '.join(missing)}")
    # Servers must not start by themselves: the sandbox starts its own on private ports.
    keep_asleep = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    environment = [f"{name}={value}" for name, value in keep_asleep.items()]
    call(*sudo, "env", *environment, "apt-get", "update", "-q", quiet=True)
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing]
    call(*sudo, "env", *environment, *install, quiet=True)


def missing_packages(packages: list[str]) -> list[str]:
    """Return those that are neither installed nor provided by what is: a newer Debian has
    libglib2.0-0t64, and would be asked for libglib2.0-0 at each set-up."""
    fields = "${db:Status-Abbrev}|${Package}|${Provides}\n"
    words = ["dpkg-query", "-W", "-f", fields]
    shown = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    there = set()
    for line in shown.splitlines():
        status, package, provided = line.split("|", 2)
        if status[1:2] == "i":  # installed, and perhaps held
            there |= {package, *(one.split()[0] for one in provided.split(",") if one.strip())}
    return [package for package in packages if package not in there]


def find_tool(name: str) -> str | None:
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")


def make_environment() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8").split("\n[tool.")[0]
    facts = LOCK.read_bytes() + project.encode() + sys.version.encode()
    wanted, stamp = hashlib.sha256(facts).hexdigest(), VENV / "gmops-stamp"
    if stamp.is_file() and stamp.read_text() == wanted and PYTHON.is_file():
        return
    if VENV.exists():
        say("The libraries have changed: making .venv anew")
        shutil.rmtree(VENV)
    else:
        say("Making .venv")
    call(sys.executable, "-m", "venv", VENV)
    say("Installing the libraries named in requirements.lock (hashes checked); about a minute")
    pip = [PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    call(*pip, "--require-hashes", "-r", LOCK, quiet=True)
    call(*pip, "--no-deps", "--no-build-isolation", "-e", ROOT, quiet=True)
    stamp.write_text(wanted)


def fetch_server(version: str, module: str, packages: list[str]) -> None:
    """Have a module of the sandbox bring a server into the cache, unless it is there.

    Without it the tests that need it are skipped (on CI, where MySQL 5.6 must be, they fail).
    """
    try:
        install_system_packages(packages)
        call(PYTHON, "-m", module, quiet=True)
    except Failed as failure:
        say(f"{version} is not to be had, its tests are skipped: {failure}")


def fetch_mysql56() -> None:
    # Debian's npm is four hundred small packages: only where nothing else brought one.
    fetch_server("MySQL 5.6", "sandbox.mysql56", [] if find_tool("npm") else ["npm"])


def lay_out_debian() -> None:
    # A minute, once; without root it could not be started.
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        fetch_server("A Debian that starts", "sandbox.booted", BOOT_PACKAGES)


# ---------------------------------------------------------------- commands


def has_display() -> bool:
    if WINDOWS or sys.platform == "darwin":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def call_on_screen(*words: str | Path, env: dict[str, str] | None = None) -> None:
    """Run what shows the window: on the screen, else on a virtual one, else as Qt paints it for
    nobody (which the program sees to itself)."""
    if has_display() or not shutil.which("xvfb-run"):
        call(*words, env=env)
    else:
        call("xvfb-run", "-a", "-s", "-screen 0 1920x1080x24", *words, env=env)


def run(*words: str) -> None:
    set_up()
    if words or has_display():
        call(PYTHON, "-m", "gmops_desktop", *words)
    else:
        say("No display here: performing the tour of the whole main job in the sandbox")
        call_on_screen(PYTHON, "-m", "sandbox.tour", ROOT / "tour")


def lint() -> None:
    call(PYTHON, "-m", "ruff", "check", ".")
    call(PYTHON, "-m", "ruff", "format", "--check", ".")


def types() -> None:
    call(PYTHON, "-m", "mypy")


def floors() -> None:
    call(SCRIPTS / ("lint-imports.exe" if WINDOWS else "lint-imports"))


def build() -> None:
    """Freeze the program into dist/gmops-desktop/ and let both frozen programs prove themselves."""
    call(PYTHON, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR", "build.spec")
    for name in ("gmops", "gmops-desktop"):
        program = ROOT / "dist" / "gmops-desktop" / (f"{name}.exe" if WINDOWS else name)
        command = [program, "doctor", "--self-test", "--json"]
        scratch = {"QT_QPA_PLATFORM": "offscreen", "GMOPS_HOME": str(ROOT / "build" / "home")}
        environment = {**os.environ, **scratch}
        ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=False)
        answer = json.loads(ran.stdout or b"{}")
        if ran.returncode or len(answer.get("checks", ())) < 10:
            say(json.dumps(answer, ensure_ascii=False, indent=2))
            raise Failed(f"{program} did not pass its own test: exit {ran.returncode}")
    folder = ROOT / "dist" / "gmops-desktop"
    size = sum(file.stat().st_size for file in folder.rglob("*") if not file.is_symlink())
    say(f"{folder}: {size / 1e6:.0f} MB, both programs passed their own test")


def test(*words: str) -> None:
    fetch_mysql56()
    if words:
        call(PYTHON, "-m", "pytest", *words, env={"QT_QPA_PLATFORM": "offscreen"})
        return
    lay_out_debian()
    check(lambda: pytest("-m", "not mysql9"))


def test_all() -> None:
    fetch_mysql56()
    lay_out_debian()
    fetch_server("MySQL 9", "sandbox.mysql9", TREE_PACKAGES)
    check(pytest)


def check(tests: Callable[[], None]) -> None:
    steps = [("lint", lint), ("types", types), ("floors", floors)]
    for name, step in [*steps, ("tests", tests), ("frozen program", build)]:
        begun = time.monotonic()
        say(name)
        step()
        say(f"{name}: passed in {time.monotonic() - begun:.0f} s")


def pytest(*words: str) -> None:
    """Run every test; those of one file stay together and share its servers.

    Three processes keep two processors busy, as a third of the time servers and lines are waited
    for.  Files go in the order of `tests/conftest.py`.
    """
    spread = ["-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"]
    call(PYTHON, "-m", "pytest", "-q", *spread, *words, env={"QT_QPA_PLATFORM": "offscreen"})


def bench(*words: str) -> None:
    """Measure against the stock tools; one that cannot be installed is named and left out."""
    install_system_packages(BENCH_PACKAGES)
    call(PYTHON, "-m", "benchmarks", *words)


def screenshots(*words: str) -> None:
    call_on_screen(PYTHON, "-m", "sandbox.screenshots", *(words or ("screenshots",)))


def pictures() -> None:
    """Walk through the guide's emergency in both languages, show the days of the status page, and
    keep what was photographed."""
    folder, kept = ROOT / "build" / "pictures", ROOT / "docs" / "pictures"
    for language in ("en", "zh_CN"):  # the report, in the contract's language, is the last one's
        spoken = {"GMOPS_LANGUAGE": language, "TZ": "Asia/Shanghai"}
        call_on_screen(PYTHON, "-m", "sandbox.tour", folder, "--small", "--guide", env=spoken)
    for file in folder.glob("*.png"):
        shutil.copy(file, kept / file.name)
    days = ROOT / "build" / "days"
    call_on_screen(PYTHON, "-m", "sandbox.status_days", days, "--theme", "light")
    for day in ("calm", "bad", "unknown"):
        shutil.copy(days / f"status-{day}-light.png", kept / f"status-{day}.zh-CN.png")
        shutil.copy(days / f"status-{day}-light.en.png", kept / f"status-{day}.en.png")


def samples(*words: str) -> None:
    """Live the sandbox's year and take a sample of every kind of document from it; `--again` only
    lays out again those that are there, from the facts they carry inside."""
    call(PYTHON, "-m", "sandbox.year", "--samples", ROOT / "docs" / "samples", *words)


def lock() -> None:
    """Resolve pyproject.toml into requirements.lock: hashes, no registry address."""
    if not (uv := shutil.which("uv")):
        raise Failed("`uv` is needed to resolve the lock file: python3 -m pip install uv")
    options = ["--group", "dev", "--universal", "--python-version", "3.11", "--generate-hashes"]
    plain = ["--no-emit-index-url", "--no-annotate", "--no-header", "-q"]
    call(uv, "pip", "compile", "pyproject.toml", *options, *plain, "-o", LOCK)


COMMANDS = {
    "run": run,
    "test": test,
    "test-all": test_all,
    "lint": lint,
    "types": types,
    "floors": floors,
    "bench": bench,
    "screenshots": screenshots,
    "pictures": pictures,
    "samples": samples,
    "build": build,
    "setup": fetch_mysql56,
    "lock": lock,
}


def main(words: list[str]) -> int:
    if not words or words[0] not in COMMANDS:
        print(__doc__)
        return 2
    try:
        if words[0] not in ("run", "lock"):
            set_up()
        COMMANDS[words[0]](*words[1:])
    except Failed as failure:
        print(f"✗ {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
