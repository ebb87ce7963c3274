"""The wizard for a new contract: parties and period, items and amounts, rules, and a last look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QGridLayout,
    QHeaderView,
    QLineEdit,
    QSpinBox,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from gmops_desktop.contract.capitals import rmb_capitals
from gmops_desktop.contract.checking import check_terms
from gmops_desktop.contract.obligations import STREAMS, name_of_item
from gmops_desktop.contract.terms import Contract, Post, ServiceItem, word_of_post
from gmops_desktop.contract.workdays import Calendar
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from ui.dialogs.sheet import Sheet
from ui.theme import CARD_ROW_HEIGHT
from ui.widgets.fields import day_field, day_in
from ui.widgets.frames import Label, button, column, disable, paragraph, row
from ui.words import day

_POSTS: Final[tuple[Post, ...]] = ("project_manager", "operations_manager", "technician")
_ROWS: Final = 9
_KEY, _TITLE, _AMOUNT, _MONTHLY, _REMARK = range(5)


class ContractWizard(Sheet):
    """Four pages; `save` gets the contract, and only one whose terms hold together."""

    LAST: Final = 3

    def __init__(
        self,
        parent: QWidget | None,
        model: Contract,
        calendar: Calendar,
        save: Callable[[Contract], object],
        *,
        heading: str = "",
        finish: str = "",
        check: Callable[[Contract], object] = check_terms,
        anytime: bool = False,
    ) -> None:
        """`model` fills the fields; its items and rules are what contracts of this kind have.
        `check` raises what stands against the terms."""
        super().__init__(parent, heading or tr("New contract"), width=760)
        self._model, self._calendar, self._save = model, calendar, save
        self._check = check
        self._finish = finish or tr("Record the contract")
        self._anytime = anytime
        self._head = Label("", "strong")
        self._said = paragraph(role="caption")
        self._stack = QStackedWidget()
        self.terms, self.items = _TermsPage(model), _ItemsPage(model)
        self.rules, self.summary = _RulesPage(model), paragraph(role="body")
        self.summary.setAlignment(Qt.AlignmentFlag.AlignTop)
        for page in (self.terms, self.items, self.rules, self.summary):
            self._stack.addWidget(page)
        self.body.addWidget(self._head)
        self.body.addWidget(self._stack)
        self.body.addWidget(self._said)
        self.back = button(tr("Back"), self._back)
        self.next = button(tr("Next"), self._next, kind="primary")
        self.add_close(tr("Cancel"))
        self.add_button(self.back)
        self.ok = button(self._finish, self._store, tip=tr("Save the contract"))
        self.add_button(self.ok)
        self.add_button(self.next, QDialogButtonBox.ButtonRole.ActionRole, default=True)
        for field in (self.terms.title, self.terms.number, self.terms.party_a, self.terms.party_b):
            field.textChanged.connect(self._judge)
        for on in (self.terms.start, self.terms.end, self.terms.signed):
            on.dateChanged.connect(self._judge)
        self.items.table.itemChanged.connect(self._judge)
        self.items.payable.textChanged.connect(self._judge)
        self.rules.person_days.textChanged.connect(self._judge)
        self.go(0)

    @property
    def page(self) -> int:
        """The page in sight, from 0."""
        return self._stack.currentIndex()

    @property
    def contract(self) -> Contract:
        """The contract as it stands in the fields; raises `OpsError` where it cannot be read."""
        items = self.items.items()
        total = sum((one.amount for one in items if one.amount is not None), Decimal(0))
        made = replace(
            self._model,
            title=self.terms.title.text().strip(),
            number=self.terms.number.text().strip(),
            party_a=self.terms.party_a.text().strip(),
            party_b=self.terms.party_b.text().strip(),
            start=day_in(self.terms.start),
            end=day_in(self.terms.end),
            signed_on=day_in(self.terms.signed),
            scope=tuple(one.strip() for one in self.terms.scope.text().split("；") if one.strip()),
            service_time=self.terms.service_time.text().strip(),
            items=items,
            total=total,
            payable=_money(self.items.payable.text()) if self.items.payable.text() else total,
            person_days=_money(self.rules.person_days.text()),
            day_step=Decimal(self.rules.step.currentData()),
            payment_days=self.rules.payment.value(),
            notice_days=self.rules.notice.value(),
            two_person=self.rules.two_person.isChecked(),
            staff=tuple((post, box.value()) for post, box in self.rules.staff.items()),
        )
        self._check(made)
        if not made.party_a or not made.party_b:
            raise OpsError(tr("Both parties need a name."))
        return made

    def go(self, page: int) -> None:
        """Show a page, from 0."""
        self._stack.setCurrentIndex(page)
        names = (
            tr("Parties and period"),
            tr("Service items and amounts"),
            tr("Rules"),
            tr("Check"),
        )
        self._head.show_text(
            tr(
                "Step {step} of {count}: {name}",
                step=page + 1,
                count=self.LAST + 1,
                name=names[page],
            )
        )
        self.back.setEnabled(page > 0)
        self.next.setText(self._finish if page == self.LAST else tr("Next"))
        self.ok.setVisible(self._anytime and page < self.LAST)
        self._judge()

    def _back(self) -> None:
        self.go(self.page - 1)

    def _next(self) -> None:
        if self.page < self.LAST:
            self.go(self.page + 1)
            return
        self._store()

    def _store(self) -> None:
        self._save(self.contract)
        self.accept()

    def _judge(self) -> None:
        try:
            contract = self.contract
        except OpsError as error:  # it is shown here, while it is typed
            self._said.setText(f"{error.message} {error.hint}".strip())
            # What is wrong on a later page does not hold this one up.
            disable(self.next, error.message if self.page == self.LAST else "")
            disable(self.ok, error.message, tr("Save the contract"))
            self.summary.setText("")
            return
        disable(self.next, "")
        disable(self.ok, "", tr("Save the contract"))
        capitals = rmb_capitals(contract.payable)
        self._said.setText(
            tr(
                "Sum {total}, payable {payable} ({capitals})",
                total=f"{contract.total:,.2f}",
                payable=f"{contract.payable:,.2f}",
                capitals=capitals,
            )
        )
        self.summary.setText("\n".join(summary(contract, self._calendar)))


class _TermsPage(QWidget):
    def __init__(self, model: Contract) -> None:
        super().__init__()
        self.title, self.number = QLineEdit(model.title), QLineEdit(model.number)
        self.party_a, self.party_b = QLineEdit(model.party_a), QLineEdit(model.party_b)
        self.start, self.end = day_field(model.start), day_field(model.end)
        self.signed = day_field(model.signed_on or model.start)
        self.scope = QLineEdit("；".join(model.scope))
        self.service_time = QLineEdit(model.service_time)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        fields: tuple[tuple[str, QWidget], ...] = (
            (tr("Title"), self.title),
            (tr("Number"), self.number),
            (tr("Party A"), self.party_a),
            (tr("Party B"), self.party_b),
            (tr("First day"), self.start),
            (tr("Last day"), self.end),
            (tr("Signed on"), self.signed),
            (tr("Scope"), self.scope),
            (tr("Service time"), self.service_time),
        )
        for place, (word, field) in enumerate(fields):
            field.setAccessibleName(word)
            grid.addWidget(Label(word, "caption", elide=False), place, 0)
            grid.addWidget(field, place, 1)
        grid.setColumnStretch(1, 1)
        self.scope.setToolTip(tr("Several things apart by ；"))


class _ItemsPage(QWidget):
    """The items in a table one writes into; an empty amount is included in the others."""

    def __init__(self, model: Contract) -> None:
        super().__init__()
        self.table = QTableWidget(0, 5)
        heads = [
            tr("Evidence"),
            tr("Title"),
            tr("Amount"),
            tr("Monthly", context="contract"),
            tr("Remark"),
        ]
        self.table.setHorizontalHeaderLabels(heads)
        self.table.setAccessibleName(tr("Service items and amounts"))
        self.table.setShowGrid(False)
        self.table.horizontalHeader().setHighlightSections(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(CARD_ROW_HEIGHT + 4)
        self.table.horizontalHeader().setSectionResizeMode(_TITLE, QHeaderView.ResizeMode.Stretch)
        for place, width in ((_KEY, 208), (_AMOUNT, 96), (_MONTHLY, 64), (_REMARK, 112)):
            self.table.setColumnWidth(place, width)
        self.table.setMinimumHeight((CARD_ROW_HEIGHT + 4) * (_ROWS + 1))
        self.payable = QLineEdit(f"{model.payable:f}")
        self.payable.setAccessibleName(tr("To be paid"))
        self.payable.setFixedWidth(120)
        add = button(tr("Add a line"), self.add_line, icon_name="plus")
        remove = button(tr("Take out the line"), self._remove)
        foot = row(None, add, remove, None, Label(tr("To be paid"), "caption"), self.payable)
        column(self, self.table, foot, spacing=12)
        for item in model.items:
            self.add_line(item)

    def add_line(self, item: ServiceItem | None = None) -> None:
        """Add an item, or an empty line."""
        place = self.table.rowCount()
        self.table.insertRow(place)
        key = QComboBox()
        for one in STREAMS:
            key.addItem(name_of_item(ServiceItem(one, one)), one)
        if item is not None and key.findData(item.key) < 0:
            key.addItem(item.key, item.key)
        key.setCurrentIndex(max(0, key.findData(item.key if item else "")))
        key.setAccessibleName(tr("Evidence"))
        monthly = QCheckBox()
        monthly.setChecked(bool(item and item.monthly))
        monthly.setAccessibleName(tr("Monthly", context="contract"))
        held = QWidget()
        row(held, None, monthly, None)
        self.table.setCellWidget(place, _KEY, key)
        self.table.setCellWidget(place, _MONTHLY, held)
        amount = "" if item is None or item.amount is None else f"{item.amount:.2f}"
        texts = ((_TITLE, item.title if item else ""), (_AMOUNT, amount))
        for at, text in (*texts, (_REMARK, item.remark if item else "")):
            cell = QTableWidgetItem(text)
            if at == _AMOUNT:
                cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.table.setItem(place, at, cell)

    def items(self) -> tuple[ServiceItem, ...]:
        """Return the items as they stand; raises `OpsError` for an amount that is no number."""
        found = []
        for place in range(self.table.rowCount()):
            key = self.table.cellWidget(place, _KEY)
            held = self.table.cellWidget(place, _MONTHLY)
            title, amount = self._text(place, _TITLE), self._text(place, _AMOUNT)
            if not title or not isinstance(key, QComboBox) or held is None:
                continue
            monthly = held.findChild(QCheckBox)
            found.append(
                ServiceItem(
                    str(key.currentData()),
                    title,
                    _money(amount) if amount else None,
                    self._text(place, _REMARK),
                    bool(monthly and monthly.isChecked()),
                )
            )
        return tuple(found)

    def _text(self, place: int, at: int) -> str:
        cell = self.table.item(place, at)
        return cell.text().strip() if cell else ""

    def _remove(self) -> None:
        place = self.table.currentRow()
        if place >= 0:
            self.table.removeRow(place)


class _RulesPage(QWidget):
    def __init__(self, model: Contract) -> None:
        super().__init__()
        self.person_days = QLineEdit(f"{model.person_days.normalize():f}")
        self.step = QComboBox()
        for value, word in (
            ("0", tr("exactly as booked")),
            ("0.25", tr("up to quarters of a day")),
            ("0.5", tr("up to half days")),
            ("1", tr("up to whole days")),
        ):
            self.step.addItem(word, value)
        self.step.setCurrentIndex(max(0, self.step.findData(f"{model.day_step.normalize():f}")))
        self.payment, self.notice = _count(model.payment_days), _count(model.notice_days)
        self.two_person = QCheckBox(tr("released by a second person"))
        self.two_person.setChecked(model.two_person)
        self.two_person.setToolTip(
            tr("Whoever plans a change of a server does not release it alone")
        )
        there = dict(model.staff)
        self.staff = {post: _count(there.get(post, 0)) for post in _POSTS}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        fields: list[tuple[str, QWidget]] = [
            (tr("Free person-days", context="contract"), self.person_days),
            (tr("Each piece of work is rounded"), self.step),
            (tr("Payment within working days"), self.payment),
            (tr("Notice of a change of contact within working days"), self.notice),
            (tr("Changes of servers"), self.two_person),
        ]
        fields += [(word_of_post(post), box) for post, box in self.staff.items()]
        for place, (word, field) in enumerate(fields):
            field.setAccessibleName(word)
            grid.addWidget(Label(word, "caption", elide=False), place, 0)
            grid.addWidget(field, place, 1)
        grid.setColumnStretch(2, 1)
        grid.setRowStretch(len(fields), 1)


def summary(contract: Contract, calendar: Calendar) -> list[str]:
    """Return the contract in lines for a last look, its computed days among them."""
    lines = [
        f"{contract.number} {contract.title}".strip(),
        f"{contract.party_a} / {contract.party_b}",
        tr("{start} to {end}", start=day(contract.start), end=day(contract.end)),
        tr(
            "Sum {total}, payable {payable} ({capitals})",
            total=f"{contract.total:,.2f}",
            payable=f"{contract.payable:,.2f}",
            capitals=rmb_capitals(contract.payable),
        ),
    ]
    for item in contract.items:
        amount = "" if item.amount is None else f" · {item.amount:,.2f}"
        lines.append(f"· {item.title}{amount}")
    if contract.signed_on:
        due = calendar.add_workdays(contract.signed_on, contract.payment_days)
        lines.append(tr("Payment is due by {day}.", day=day(due)))
        if unknown := calendar.unknown_years(contract.signed_on, due):
            years = ", ".join(map(str, unknown))
            lines.append(tr("The public holidays of {year} are not known yet.", year=years))
    lines.append(tr("{days} free person-days", days=f"{contract.person_days.normalize():f}"))
    return lines


def default_model(model: Contract, today: date) -> Contract:
    """Return `model` as a new contract starts from: its items and rules, a year from today."""
    end = date(today.year + 1, today.month, min(today.day, 28))
    return replace(
        model,
        title="",
        number="",
        party_a="",
        start=today,
        end=end,
        signed_on=today,
        paid_on=None,
        renews="",
    )


def _count(value: int) -> QSpinBox:
    made = QSpinBox()
    made.setRange(0, 99)
    made.setValue(value)
    return made


def _money(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", "").replace("，", "").strip())
    except InvalidOperation as error:
        raise OpsError(tr("“{text}” is not an amount.", text=text)) from error
