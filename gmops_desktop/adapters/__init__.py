"""One file per outside thing, each the only importer of its library."""

import sys
from typing import Any, cast

# paramiko takes invoke along for `Match exec` in a client's own configuration, which we never read,
# and does without it where it is missing: to load it takes longer than paramiko itself.
cast(dict[str, Any], sys.modules).setdefault("invoke", None)
