"""Who may see the operator's page: whoever knows the operator's token."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Mapping

VARIABLE = "ATTRIBUTION_OPERATOR"

SHORTEST = 16
"""Characters of a token: fewer could be guessed, and guesses are not counted, since whoever
guesses could then keep the operator out."""

_log = logging.getLogger(__name__)


class Access:
    """Compares tokens with the operator's, which is neither kept as it is nor logged.

    Attributes
    ----------
    offered : bool
        Whether there is an operator's page at all.
    complaint : str
        What is wrong with the variable, without what is in it; empty where nothing is.
    """

    def __init__(self, token: str) -> None:
        self._digest = _digest(token)
        self.offered = len(token) >= SHORTEST
        self.complaint = ""
        if token and not self.offered:
            self.complaint = (
                f"{VARIABLE} should have at least {SHORTEST} characters; there is no operator's "
                "page until it has."
            )

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Access:
        """As the environment's ``ATTRIBUTION_OPERATOR`` says."""
        return cls(environment.get(VARIABLE, "").strip())

    def admits(self, token: str) -> bool:
        """Whether a token is the operator's; that one was not is logged, without it."""
        right = self.offered and hmac.compare_digest(_digest(token.strip()), self._digest)
        if not right:
            _log.warning("A wrong token was given for the operator's page.")
        return right


def _digest(token: str) -> bytes:
    # Of equal length whatever the token's: the comparison then tells nothing of it.
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
