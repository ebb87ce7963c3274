"""Tencent Cloud's API, through the SDK's `CommonClient` (its home; imported at the first call).

Actions and fields are those of the API's own pages.  Reads are tried again when the network or the
service hiccups; a write never is: after an unclear failure only a look tells whether it happened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from gmops_desktop.adapters import http
from gmops_desktop.context import Context
from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr
from gmops_desktop.log import remember_secret

_PAUSES: Final = (1.0, 2.0, 4.0)  # seconds before each further try of a read
_TIMEOUTS: Final = (5, 20)  # seconds to connect, and for each wait for data

# By the first part of the code that fits, the most special first (doc 1388/114322).
_HINTS: Final[tuple[tuple[str, str], ...]] = (
    (
        "AuthFailure.SignatureExpire",
        mark("This machine's clock is wrong: set it right, then try again."),
    ),
    (
        "AuthFailure.UnauthorizedOperation",
        mark("Let the account's owner grant this action to the sub-account (CAM)."),
    ),
    (
        "UnauthorizedOperation",
        mark("Let the account's owner grant this action to the sub-account (CAM)."),
    ),
    ("AuthFailure.MFA", mark("This action asks for a second factor: do it in the web console.")),
    ("AuthFailure", mark("Enter the SecretId and SecretKey again, without blanks around them.")),
    (
        "InvalidCredential",
        mark("Enter the SecretId and SecretKey again, without blanks around them."),
    ),
    (
        "InvalidAccount.InsufficientBalance",
        mark("The account has too little money: let its owner add some, then try again."),
    ),
    (
        "InternalError.TradeError",
        mark("The order did not go through: look in the console for its balance and open orders."),
    ),
    ("RequestLimitExceeded", mark("Too many calls at once; wait a little, then try again.")),
    ("UnsupportedRegion", mark("Check the region in the settings, such as ap-guangzhou.")),
    ("InvalidParameterValue.Region", mark("Check the region in the settings.")),
    (
        "InvalidParameter.InstanceNotFound",
        mark("Check the instance's id and its region in the settings."),
    ),
    ("InternalError", mark("Tencent Cloud has a fault of its own; try again later.")),
    ("ResourceUnavailable", mark("Tencent Cloud has a fault of its own; try again later.")),
)
# Services whose actions CAM knows by another name (doc 598/69910, 598/92835).
_PREFIXES: Final = {"cbs": "cvm", "billing": "finance"}
_UNCLEAR: Final = ("ClientNetworkError", "ServerNetworkError", "InternalError")
_AGAIN: Final = (
    "ClientNetworkError",
    "ServerNetworkError",
    "RequestLimitExceeded",
    "InternalError",
    "ResourceUnavailable",
)


class CloudRefused(OpsError):
    """The API answered with an error; `code` is its own, `request_id` what their support needs.

    `policy` is, where a right is missing, the CAM policy that grants it, to be copied.
    """

    def __init__(
        self, action: str, code: str, said: str, request_id: str, service: str = ""
    ) -> None:
        hints = [tr(hint) for start, hint in _HINTS if code.startswith(start)]
        number = tr("Request number: {number}", number=request_id) if request_id else ""
        hint = (hints or [tr("Look up the code in Tencent Cloud's documentation.")])[0]
        self.policy = policy(service, action) if service and "Unauthorized" in code else ""
        if self.policy:
            hint += " " + tr("The policy: {policy}", policy=self.policy)
        super().__init__(
            tr("Tencent Cloud refuses {action}: {said} ({code})",
               action=action, said=said.rstrip("."), code=code),
            hint=f"{hint} {number}".rstrip(),
        )  # fmt: skip
        self.code = code
        self.request_id = request_id

    @property
    def unclear(self) -> bool:
        """Whether the action may have taken place although no answer says so."""
        return self.code.startswith(_UNCLEAR)


def policy(service: str, *actions: str) -> str:
    """Return the CAM policy that grants the actions (doc 598/10603: its fields and order)."""
    prefix = _PREFIXES.get(service, service)
    named = [f"{prefix}:{action}" for action in actions]
    allowed = {"effect": "allow", "action": named, "resource": ["*"]}
    return json.dumps({"version": "2.0", "statement": [allowed]})


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the keys belong to."""

    account: str
    user: str
    arn: str


class Tencent:
    """The API with one pair of keys.  One object per thread; it keeps nothing open.

    `endpoint` replaces the API's address: `https://host`, or `http://127.0.0.1:port`.
    """

    def __init__(
        self, secret_id: str, secret_key: str, *, region: str = "ap-guangzhou", endpoint: str = ""
    ) -> None:
        if endpoint:
            http.refuse_plain(endpoint)
        remember_secret(secret_key)
        self._id = secret_id.strip()
        self._key = secret_key.strip()
        self._region = region
        self._endpoint = endpoint

    def call(
        self,
        service: str,
        version: str,
        action: str,
        fields: Mapping[str, Any],
        context: Context,
    ) -> dict[str, Any]:
        """Return the `Response` object of an action; it always holds a `RequestId`.

        The wait for an answer itself (25 s at most) cannot be cut; a cancellation takes effect
        after it.  Raises `CloudRefused`.
        """
        reading = action.startswith(("Describe", "Get"))
        for pause in (*_PAUSES, None) if reading else (None,):
            context.check()
            try:
                return self._once(service, version, action, fields)
            except CloudRefused as refusal:
                context.check()
                if pause is None or not refusal.code.startswith(_AGAIN):
                    raise
            context.wait(pause)
        raise AssertionError("the last try returned or raised")

    def identity(self, context: Context) -> Identity:
        """Return who the keys belong to: the test of the connection."""
        said = self.call("sts", "2018-08-13", "GetCallerIdentity", {}, context)
        return Identity(said["AccountId"], said["UserId"], said["Arn"])

    def _once(
        self, service: str, version: str, action: str, fields: Mapping[str, Any]
    ) -> dict[str, Any]:
        # About 100 ms and 17 MB: only where the cloud is asked at all.
        import requests
        from tencentcloud.common.common_client import CommonClient
        from tencentcloud.common.credential import Credential
        from tencentcloud.common.exception import TencentCloudSDKException
        from tencentcloud.common.profile.client_profile import ClientProfile
        from tencentcloud.common.profile.http_profile import HttpProfile

        parts = urlsplit(self._endpoint)
        profile = ClientProfile(
            httpProfile=HttpProfile(
                protocol=parts.scheme or "https",
                endpoint=parts.netloc or None,
                reqTimeout=_TIMEOUTS,
            ),
            language="zh-CN",
            request_client="GMOps-Desktop",
        )
        client = CommonClient(service, version, Credential(self._id, self._key), self._region,
                              profile)  # fmt: skip
        if http.is_loopback(parts.hostname or ""):
            # NO_PROXY does not match an address with a port; these attributes are private.
            client.request.conn.proxy = None
            client.request.conn._session.trust_env = False
        try:
            answer: dict[str, Any] = client.call_json(action, dict(fields))["Response"]
        except TencentCloudSDKException as error:
            code, said = error.get_code() or "", error.get_message() or ""
            number = error.get_request_id() or ""
            raise CloudRefused(action, code, said, number, service) from error
        except (requests.RequestException, ValueError, KeyError) as error:
            # CommonClient lets these out raw; ValueError is a page that is not JSON.
            said = tr("no proper answer came ({kind})", kind=type(error).__name__)
            raise CloudRefused(action, "ClientNetworkError", said, "") from error
        return answer
