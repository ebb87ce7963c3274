"""Which privileges the user holds, by the only source that tells: the grants themselves."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gmops_desktop.adapters.mysql.connection import MysqlConnection


@dataclass(frozen=True, slots=True)
class Rights:
    """Privileges that hold for a whole schema, and those that hold everywhere, by their names."""

    schema: frozenset[str]
    everywhere: frozenset[str]

    def hold(self, *any_of: str) -> bool:
        """Say whether one of these holds for the schema."""
        return not self.schema.isdisjoint({"ALL PRIVILEGES", *any_of})

    @property
    def show_routines(self) -> bool:
        """Whether no routine hides: without a right over them they are not even listed."""
        return self.hold("EXECUTE", "CREATE ROUTINE", "ALTER ROUTINE") or not (
            self.everywhere.isdisjoint({"SELECT", "SHOW_ROUTINE", "SHOW CREATE ROUTINE"})
        )


def of_schema(connection: MysqlConnection) -> Rights:
    """Return the privileges that the user holds for the whole schema.

    `information_schema.USER_PRIVILEGES` is blind on managed MySQL; the grants are not.
    """
    rights: dict[bool, set[str]] = {False: set(), True: set()}
    for (grant,) in connection.rows("SHOW GRANTS FOR CURRENT_USER()"):
        found = re.match(r"GRANT (.+?) ON (\*|`(?:[^`]|``)*`)\.\* TO ", grant)
        if found and (found[2] == "*" or fits(found[2], connection.schema)):
            rights[found[2] == "*"] |= {right.strip() for right in found[1].split(",")}
    return Rights(frozenset(rights[False] | rights[True]), frozenset(rights[True]))


def fits(pattern: str, schema: str) -> bool:
    """Say whether a grant's schema pattern (`%`, `_`, escaped by a backslash) covers `schema`."""
    inner = pattern[1:-1].replace("``", "`")
    parts = re.findall(r"\\?.", inner, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    expression = "".join(wild.get(part) or re.escape(part[-1]) for part in parts)
    return re.fullmatch(expression, schema, re.IGNORECASE | re.DOTALL) is not None
