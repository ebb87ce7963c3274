"""Work that goes on at the server by itself: begun once, asked for as often as one likes.

A run has a folder on the server that only its account may enter, `/var/tmp/gmops-runs/RUN_ID` (for
an account other than root `/var/tmp/gmops-runs-UID/RUN_ID`; elsewhere where that account's
environment names `GMOPS_RUNS`).  In it stand

- `work`, and `watch`, which runs it and writes down its end;
- `begun`: process, its start in ticks since boot, boot id, seconds since 1970.  It gets this name
  by a hard link, so that of two starts one wins;
- `planned`: the keys of the steps to come; `steps`: `B KEY SECONDS` and `E KEY SECONDS STATUS`;
- `log`: all that was printed; `told/NAME`: what the steps found worth telling;
- `answer`, where a step waits for one and somebody gave it;
- `rc`: status and seconds, renamed into place from room that was taken at the beginning.

Nothing here ends a run: a signal into dpkg or rpm does more harm than waiting.  A lost line, a
killed program or an ended session mean nothing to it: it is a unit of systemd, else a session of
its own, and holds no descriptor of ours.  What became of it is read from `rc`, else from whether
its processes live; who got their numbers after them is known by the start and the kernel's boot id.
"""

from gmops_desktop.adapters.detached.looking import look
from gmops_desktop.adapters.detached.scripts import RESTART
from gmops_desktop.adapters.detached.starting import answer, forget, known, start

__all__ = ["RESTART", "answer", "forget", "known", "look", "start"]
