"""The side panel of a backup that TencentDB keeps: its facts, and the way to get it here."""

from __future__ import annotations

from datetime import timedelta

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QSizePolicy

from gmops_desktop.language import tr
from gmops_desktop.services.cloud_backups import CloudBackup, Listing, opened_with
from ui import words
from ui.backup_lines import Line, cloud_proof, cloud_state
from ui.backup_panel import PANEL_WIDTH
from ui.widgets.badges import StateBadge
from ui.widgets.frames import Card, Label, button, disable, line, paragraph, row
from ui.widgets.panes import scrolled


class CloudPanel(Card):
    """Shows one backup of the cloud; its buttons ask the tab."""

    download_wanted = Signal()
    verify_wanted = Signal()
    look_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setFixedWidth(PANEL_WIDTH)
        self.heading = Label(role="strong")
        self.state = StateBadge()
        self.proof = StateBadge()
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(12)
        self._facts.setVerticalSpacing(5)
        self._facts.setColumnStretch(1, 1)
        self.values: dict[str, Label] = {}
        for key, word in (
            ("instance", tr("Instance")),
            ("kind", tr("Kind")),
            ("name", tr("Name", context="backup")),
            ("size", tr("Size")),
            ("time", tr("Took")),
            ("kept", tr("Kept until")),
            ("md5", tr("MD5")),
            ("gtid", tr("GTID")),
            ("file", tr("File")),
            ("seen", tr("Seen")),
        ):
            place = len(self.values)
            self.values[key] = Label()
            self._facts.addWidget(Label(word, "caption", elide=False), place, 0)
            self._facts.addWidget(self.values[key], place, 1)
        self.opened = paragraph(role="caption")
        self.limits = paragraph(role="caption")
        self.download = button(
            tr("Download"),
            self.download_wanted.emit,
            icon_name="cloud-arrow-down",
            tip=tr("Fetch the file, going on where an earlier download stopped; its MD5 proves it"),
        )
        self.verify = button(
            tr("Verify"),
            self.verify_wanted.emit,
            icon_name="shield-check",
            tip=tr("Compute the MD5 of the file again"),
        )
        self.look = button(
            tr("Look again"),
            self.look_wanted.emit,
            icon_name="arrows-clockwise",
            tip=tr("Ask Tencent Cloud what it keeps now"),
        )
        for made in (self.download, self.verify, self.look):
            made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.add(self.heading)
        self.add(row(None, self.state, self.proof, None))
        self.add(scrolled(self._facts, self.opened, self.limits), 1)
        self.add(line())
        self.add(self.download)
        self.add(row(None, self.verify, self.look))

    def show_line(self, shown: Line, listing: Listing) -> None:
        """Show a backup of the cloud, out of what was seen last."""
        cloud, copy = shown.cloud, shown.copy
        if cloud is None:
            return
        self.heading.show_text(f"{shown.content} · {words.stamp(shown.at)}")
        self.state.show_state(*cloud_state(cloud))
        state, word = cloud_proof(cloud, copy)
        self.proof.show_state(state, tr("Verified", context="badge") if state == "ok" else word)
        self.proof.setVisible(cloud.state == "done")
        address = shown.resource.address if shown.resource else None
        instance = getattr(address, "cloud", None)
        self._show("instance", tr(", ").join((str(instance or "—"), cloud.region)))
        self._show("kind", kind_text(cloud))
        self._show("name", cloud.title or cloud.name or words.NOTHING, cloud.name)
        self._show("size", words.size(cloud.size) if cloud.size else words.NOTHING)
        self._show("time", _took(cloud))
        by_hand = tr("TencentDB does not tell it of backups made by hand")
        self._show("kept", _kept_until(cloud, listing), by_hand if cloud.way == "manual" else "")
        short = f"{cloud.md5[:4]}…{cloud.md5[-4:]}" if cloud.md5 else words.NOTHING
        self._show("md5", short, cloud.md5)
        self._show("gtid", cloud.gtid or words.NOTHING, cloud.gtid)
        here = copy is not None and copy.exists
        self._show(
            "file",
            copy.path.name if copy and here else tr("in the cloud only"),
            str(copy.path) if copy and here else "",
        )
        self._show("seen", words.ago(listing.at) if listing.at else words.NOTHING)
        self.opened.setText(opened_with(cloud))
        self.limits.setText(tr("The account lets backups be downloaded only inside Tencent's own "
                               "network."))  # fmt: skip
        self.limits.setVisible(listing.access == "intranet")
        disable(self.download, _no_download(cloud, listing, here=here))
        disable(
            self.verify,
            "" if here else tr("Only a file that was downloaded can be verified."),
            tr("Compute the MD5 of the file again"),
        )

    def _show(self, key: str, text: str, tip: str = "") -> None:
        self.values[key].show_text(text)
        if tip:
            self.values[key].setToolTip(tip)


def kind_text(cloud: CloudBackup) -> str:
    """Return what was copied, and how: "physical, whole instance"."""
    kinds = {
        "physical": tr("physical"),
        "logical": tr("logical"),
        "snapshot": tr("snapshot"),
    }
    reach = tr("in part") if cloud.method == "partial" else tr("whole instance")
    return tr(", ").join((kinds.get(cloud.kind, cloud.kind), reach))


def _took(cloud: CloudBackup) -> str:
    if cloud.begun is None or cloud.ended is None:
        return words.NOTHING
    return words.lasting((cloud.ended - cloud.begun).total_seconds())


def _kept_until(cloud: CloudBackup, listing: Listing) -> str:
    """Return until when the instance's rule keeps it; the rule is for automatic backups."""
    if listing.retention is None or not listing.retention.days or cloud.way != "automatic":
        return words.NOTHING
    until = cloud.at + timedelta(days=listing.retention.days)
    days = tr("kept {days} days", days=listing.retention.days)
    return f"{words.day(until.astimezone().date())} · {days}"


def _no_download(cloud: CloudBackup, listing: Listing, *, here: bool) -> str:
    """Return why the file cannot be fetched now, or nothing."""
    if here:
        return tr("The file is here already.")
    if cloud.state != "done":
        return tr("This backup is not finished.")
    if not cloud.file:
        return tr("This backup has no file to download.")
    if cloud.frozen:
        return tr("This backup lies in archive storage.")
    if listing.access == "intranet":
        return tr("Downloads are allowed only inside Tencent's own network.")
    return ""
