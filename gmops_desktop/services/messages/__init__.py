"""Messages to the team's chat: what is told, the queue, and the robot that says it."""

from gmops_desktop.services.messages.notices import Notices
from gmops_desktop.services.messages.queue import Message, MessageState
from gmops_desktop.services.messages.service import SECRET, Flushed, Messages, Standing

__all__ = [
    "SECRET",
    "Flushed",
    "Message",
    "MessageState",
    "Messages",
    "Notices",
    "Standing",
]
