"""The CAM policies that grant what the program asks of Tencent Cloud, to be copied and sent on."""

from __future__ import annotations

import json
from collections.abc import Iterable


def policy_of(rights: Iterable[str]) -> str:
    """Return the policy that grants the rights, such as `cvm:DescribeInstances`.

    Fields and their order are those of doc 598/10603.
    """
    allowed = {"effect": "allow", "action": list(rights), "resource": ["*"]}
    return json.dumps({"version": "2.0", "statement": [allowed]})
