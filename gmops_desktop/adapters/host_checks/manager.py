"""Whether a host's package manager is whole and free."""

from __future__ import annotations

from gmops_desktop.contract.change_checks import Checked
from gmops_desktop.language import tr


def health(text: str) -> Checked:
    """Return the entry: critical where something is half installed, a warning while somebody else
    uses the manager."""
    lines = text.strip().splitlines()
    if not lines or not lines[0].startswith("manager ") or lines[-1] != "end":
        raise ValueError(text)
    name = lines[0].removeprefix("manager ").removesuffix("-get")
    title = tr("Package manager")
    if name == "none":
        return Checked("manager", title, "warning", tr("none was found on the host"), name)
    broken = [line.removeprefix("audit ").strip() for line in lines if line.startswith("audit ")]
    locked = [line.removeprefix("locked ").split() for line in lines if line.startswith("locked ")]
    if broken:
        said = "; ".join(filter(None, broken[:3]))
        text = tr("{manager} did not finish its last work: {said}", manager=name, said=said)
        return Checked("manager", title, "critical", text, name)
    if locked:
        pid, program = locked[0][0], " ".join(locked[0][1:]) or tr("a program")
        text = tr("{manager} is in use by {program} (process {pid})", manager=name,
                  program=program, pid=pid)  # fmt: skip
        return Checked("manager", title, "warning", text, name)
    return Checked("manager", title, "ok", tr("{manager} is whole and free", manager=name), name)
