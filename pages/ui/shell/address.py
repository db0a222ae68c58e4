"""A picture from an address, where the operator allows it.

A server that fetches what a visitor names can be made to ask others in its own network. So it is
off unless the operator turns it on, and then takes https alone, at the usual port, from hosts all
of whose addresses are public; it connects to the very address that was looked at, follows no
redirection, and gives up after a size and a time.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit

VARIABLE = "ATTRIBUTION_PICTURE_ADDRESSES"
"""Allows addresses where it is ``yes``."""

MOST_BYTES = 20 * 2**20
MOST_SECONDS = 10.0
LONGEST = 2000
_PIECE = 64 * 2**10

Resolve = Callable[[str], list[str]]
Connect = Callable[[str, str, float], http.client.HTTPConnection]
"""Given host, address and seconds."""


def allowed(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the operator allows addresses."""
    return environment.get(VARIABLE) == "yes"


def resolved(host: str) -> list[str]:
    """All addresses of a host; OSError where there are none."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)]


class _Pinned(http.client.HTTPSConnection):
    """A connection to one address of a host: no second look-up may give another."""

    def __init__(self, host: str, address: str, seconds: float) -> None:
        super().__init__(host, timeout=seconds)
        self._pinned = address
        self._context_of_host = ssl.create_default_context()

    def connect(self) -> None:
        """Connect, and check the host's certificate."""
        raw = socket.create_connection((self._pinned, 443), self.timeout)
        self.sock = self._context_of_host.wrap_socket(raw, server_hostname=self.host)


def fetched(address: str, *, resolve: Resolve = resolved, connect: Connect = _Pinned) -> bytes:
    """The content behind an address.

    Parameters
    ----------
    address : str
        Typed by a visitor.
    resolve, connect : callable
        How hosts are looked up and connected to.

    Raises
    ------
    ValueError
        When it may not or cannot be fetched; one sentence says why. It tells nothing of what
        answers at which address.
    """
    until = time.monotonic() + MOST_SECONDS
    host, path = _parts(address)
    try:
        addresses = resolve(host)
    except (OSError, UnicodeError):
        raise ValueError("The address cannot be reached; check its spelling.") from None
    if not addresses or not all(_is_public(each) for each in addresses):
        raise ValueError("The address is not one of the public internet; name another.")
    connection = connect(host, addresses[0], MOST_SECONDS / 2)
    # A time for each read is none for all: a header that drips would go on for ever.
    watch = threading.Timer(MOST_SECONDS, _give_up, (connection,))
    watch.start()
    try:
        connection.request("GET", path, headers={"Accept": "image/*", "Connection": "close"})
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            raise ValueError(
                "No picture was found at the address; give that of the picture itself, to which "
                "no other leads."
            )
        return _read(answer, until)
    except (OSError, http.client.HTTPException):
        raise ValueError("The address cannot be reached; check its spelling.") from None
    finally:
        watch.cancel()
        connection.close()


def _give_up(connection: http.client.HTTPConnection) -> None:
    """End a connection that another thread reads from."""
    # A copy of the socket, since the encrypted one belongs to that thread.
    with (
        contextlib.suppress(OSError, AttributeError),
        socket.socket(fileno=os.dup(connection.sock.fileno())) as copy,
    ):
        copy.shutdown(socket.SHUT_RDWR)


def _parts(address: str) -> tuple[str, str]:
    """Host and path with query of an address that may be fetched."""
    wrong = ValueError(
        "An address begins with https:// and names a host, without a port or a user."
    )
    if len(address) > LONGEST:
        raise wrong
    try:
        parts = urlsplit(address.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        raise wrong from None
    if parts.scheme != "https" or not host or port not in (None, 443) or "@" in parts.netloc:
        raise wrong
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    return host, f"{path}?{query}" if query else path


def _is_public(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        # 64:ff9b::/96 leads to IPv4 addresses, too.
        if inner is not None or found in ipaddress.ip_network("64:ff9b::/96"):
            return False
    return found.is_global and not found.is_multicast


def _read(answer: http.client.HTTPResponse, until: float) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while True:
        piece = answer.read1(_PIECE)
        if time.monotonic() >= until:
            raise ValueError(f"The address took more than {MOST_SECONDS:g} seconds.")
        if not piece:
            return b"".join(pieces)
        size += len(piece)
        if size > MOST_BYTES:
            raise ValueError(
                f"The picture is too large; it should have at most {MOST_BYTES // 2**20} MB."
            )
        pieces.append(piece)
