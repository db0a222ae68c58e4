"""What the operator allows visitors to bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

VARIABLE = "ATTRIBUTION_UPLOADS"

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Uploads:
    """Whether visitors may bring networks, and how many.

    Attributes
    ----------
    allowed : bool
    per_visitor : int
        Networks that one session may hold.
    file_bytes : int
        Of one file.
    in_all_bytes : int
        Of what all sessions' networks may take together: see `bytes_taken`, and their caches.
    """

    allowed: bool
    per_visitor: int = 3
    file_bytes: int = 300 * 2**20
    in_all_bytes: int = 2048 * 2**20


def uploads_of(environment: Mapping[str, str], address: str | None) -> Uploads:
    """What the operator allows: on where the app listens on loopback alone, else off.

    Parameters
    ----------
    environment : mapping
        ``ATTRIBUTION_UPLOADS`` is ``on`` or ``off``; ``ATTRIBUTION_UPLOADS_COUNT``, ``…_FILE_MB``
        and ``…_TOTAL_MB`` change the limits. What is no whole number above zero counts for nothing.
    address : str or None
        The address at which the app listens; None for all that the machine has.
    """
    said = environment.get(VARIABLE, "").strip().lower()
    allowed = said == "on" or (said != "off" and address in _LOOPBACK)

    def number(name: str, usual: int) -> int:
        return whole_number(environment, f"{VARIABLE}_{name}", usual)

    usual = Uploads(allowed)
    return Uploads(
        allowed,
        number("COUNT", usual.per_visitor),
        number("FILE_MB", usual.file_bytes // 2**20) * 2**20,
        number("TOTAL_MB", usual.in_all_bytes // 2**20) * 2**20,
    )


def whole_number(environment: Mapping[str, str], name: str, usual: int) -> int:
    """A variable that should be a whole number above zero; the usual one where it is none."""
    text = environment.get(name, "").strip()
    return int(text) if text.isascii() and text.isdecimal() and int(text) > 0 else usual
