"""Tencent Cloud's API, through the SDK's `CommonClient` (its home; imported at the first call).

Actions and fields are those of the API's own pages.  Reads are tried again when the network or the
service hiccups; a write never is: after an unclear failure only a look tells whether it happened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from gmops_desktop.adapters import http
from gmops_desktop.context import Context
from gmops_desktop.contract.cloud_rights import policy_of
from gmops_desktop.errors import OpsError
from gmops_desktop.language import mark, tr
from gmops_desktop.log import remember_secret

_PAUSES: Final = (1.0, 2.0, 4.0)  # seconds before each further try of a read
_TIMEOUTS: Final = (5, 20)  # seconds to connect, and for each wait for data
NOT_RUNNING: Final = "ResourceUnavailable.InstanceStateNotRunning"
_CLOCK_OFF: Final = "AuthFailure.SignatureExpire"
_SHOWN: Final = 200  # bytes of a page that is no answer
_SKEW: Final = 60.0  # seconds a clock may be off without being the cause

# By the first part of the code that fits, the most special first (doc 1388/114322).
_GRANT: Final = mark("Let the account's owner grant this action to the sub-account (CAM).")
_SECOND_FACTOR: Final = mark("This action asks for a second factor: do it in the web console.")
_HINTS: Final[tuple[tuple[str, str], ...]] = (
    (_CLOCK_OFF, mark("This machine's clock is wrong: set it right, then try again.")),
    ("UnauthorizedOperation.MFA", _SECOND_FACTOR),
    ("AuthFailure.UnauthorizedOperation", _GRANT),
    ("AuthFailure.SubAccountDenied", _GRANT),
    ("OperationDenied.SubAccount", _GRANT),
    ("UnauthorizedOperation", _GRANT),
    ("AuthFailure.MFA", _SECOND_FACTOR),
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
    (
        "ResourceUnavailable.AgentNotInstalled",
        mark("Install the agent on the server: console, TencentCloud Automation Tools (TAT)."),
    ),
    (
        "ResourceUnavailable.AgentStatusNotOnline",
        mark("Start the agent on the server: systemctl restart tat_agent."),
    ),
    (NOT_RUNNING, mark("Start the server in the console.")),
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
_DENIED: Final = (
    "UnauthorizedOperation",
    "AuthFailure.UnauthorizedOperation",
    "AuthFailure.SubAccountDenied",
    "OperationDenied.SubAccount",
)
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

    `right` names, where one is missing, the action for CAM (`cvm:DescribeInstances`), and `policy`
    is what grants it, to be copied.  `skew` is by how many seconds this machine's clock is ahead.
    """

    def __init__(
        self,
        action: str,
        code: str,
        said: str,
        request_id: str,
        service: str = "",
        *,
        skew: float | None = None,
    ) -> None:
        hints = [tr(hint) for start, hint in _HINTS if code.startswith(start)]
        if skew is not None and abs(skew) >= _SKEW:
            hints = [_clock_hint(skew)]
        number = tr("Request number: {number}", number=request_id) if request_id else ""
        hint = (hints or [tr("Look up the code in Tencent Cloud's documentation.")])[0]
        denied = service and code.startswith(_DENIED) and ".MFA" not in code
        self.right = right_of(service, action) if denied else ""
        self.policy = policy_of([self.right]) if denied else ""
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
    def of_the_keys(self) -> bool:
        """Whether the keys, or how they sign, are refused: every other action will be, too."""
        if self.right or ".MFA" in self.code:
            return False
        return self.code.startswith(("AuthFailure", "InvalidCredential"))

    @property
    def unreached(self) -> bool:
        """Whether no proper answer came at all."""
        return self.code.startswith("ClientNetworkError")

    @property
    def unclear(self) -> bool:
        """Whether the action may have taken place although no answer says so."""
        return self.code.startswith(_UNCLEAR)


def policy(service: str, *actions: str) -> str:
    """Return the CAM policy that grants the actions."""
    return policy_of(right_of(service, action) for action in actions)


def right_of(service: str, action: str) -> str:
    """Return how CAM calls an action of a service."""
    return f"{_PREFIXES.get(service, service)}:{action}"


def _text(said: str | bytes | None) -> str:
    """Return what the SDK says of a failure; of a page that is none of the API's, its bytes."""
    if isinstance(said, bytes):
        said = said[:_SHOWN].decode("utf-8", "replace")
    return said or ""


def _clock_hint(skew: float) -> str:
    seconds = f"{abs(skew):,.0f}"
    if skew < 0:
        return tr("This machine's clock is {seconds} s behind Tencent Cloud's: set it right.",
                  seconds=seconds)  # fmt: skip
    return tr("This machine's clock is {seconds} s ahead of Tencent Cloud's: set it right.",
              seconds=seconds)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the keys belong to."""

    account: str
    user: str
    arn: str


class Tencent:
    """The API with one pair of keys.  One object per thread; it keeps nothing open.

    `endpoint` replaces the API's address: `https://host`, or `http://127.0.0.1:port`.  `pauses`
    are the seconds before each further try of a read.
    """

    def __init__(
        self,
        secret_id: str,
        secret_key: str,
        *,
        region: str = "ap-guangzhou",
        endpoint: str = "",
        pauses: Sequence[float] | None = None,
    ) -> None:
        if endpoint:
            http.refuse_plain(endpoint)
        remember_secret(secret_key)
        self._id = secret_id.strip()
        self._key = secret_key.strip()
        self._region = region
        self._endpoint = endpoint
        self._pauses = _PAUSES if pauses is None else tuple(pauses)

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
        for pause in (*self._pauses, None) if reading else (None,):
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
            code, said = error.get_code() or "", _text(error.get_message())
            number = error.get_request_id() or ""
            skew = self._skew(service) if code.startswith(_CLOCK_OFF) else None
            raise CloudRefused(action, code, said, number, service, skew=skew) from error
        except (requests.RequestException, ValueError, KeyError, TypeError) as error:
            # CommonClient lets these out raw; the last three are pages that are no answer.
            said = tr("no proper answer came ({kind})", kind=type(error).__name__)
            raise CloudRefused(action, "ClientNetworkError", said, "") from error
        return answer

    def _skew(self, service: str) -> float | None:
        """Return by how many seconds our clock is ahead of the service's, if it says its time."""
        url = self._endpoint or f"https://{service}.tencentcloudapi.com"
        try:
            with http.Client(timeout=_TIMEOUTS[0]) as client:
                theirs = parsedate_to_datetime(client.head(url).headers["Date"])
        except (httpx.HTTPError, KeyError, ValueError):
            return None  # the refusal itself already says what is wrong
        return (datetime.now(UTC) - theirs).total_seconds()
