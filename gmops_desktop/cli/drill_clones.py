"""What `gmops drill` tells and asks of clones in the cloud, which cost money."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from gmops_desktop.addresses import MysqlAddress, Resource
from gmops_desktop.errors import OpsError
from gmops_desktop.language import tr
from ui import drill_words

if TYPE_CHECKING:
    from gmops_desktop.cli.session import Session
    from gmops_desktop.services.drills import Cleared, Left, Quote

_ORDER: Final = "clone"  # what is typed to agree to its cost; the same in every language


def agreed(session: Session, resource: Resource, *, yes: bool) -> Quote:
    """Tell what a clone costs, and return the order once somebody agreed to it."""
    drills, terminal = session.services.drills, session.terminal
    address = resource.address
    if isinstance(address, MysqlAddress):
        session.prepare(address)
        if address.cloud is not None:
            session.prepare_cloud(address.cloud, given=False)
    quote = session.run(
        lambda context: drills.quote(resource, context),
        tr("Asking what a clone of {name} costs", name=resource.name),
    )
    for line in drill_words.cost_lines(quote):
        terminal.tell(line)
    if not yes and terminal.can_ask:
        question = tr("Type {word} to order the clone:", word=_ORDER)
        yes = terminal.ask(question) == _ORDER
    if not yes:
        raise OpsError(
            tr("No clone was ordered."), hint=tr("Agree to what it costs with --yes-costs.")
        )
    return quote


def cleared(session: Session, left: Sequence[Left], *, terse: bool = False) -> Cleared:
    """Remove the clones that drills left; say what became of each."""
    for one in left:
        session.prepare_cloud(one.cloud, given=False)
    return session.run(
        session.services.drills.clear_clones, tr("Removing clones that drills left"), terse=terse
    )


def tell_left(session: Session) -> None:
    """Say beside the answer which clones may still cost money."""
    for one in session.services.drills.clones_left():
        session.terminal.tell(drill_words.left_text(one))
