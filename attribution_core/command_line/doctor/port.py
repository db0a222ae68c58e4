"""Is the port free at which the app is served?"""

from __future__ import annotations

import socket

from attribution_core.command_line.doctor.finding import Finding


def look_at_port(port: int) -> Finding:
    """Whether something listens there on this machine; it may be the app itself."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return Finding(
                "Port",
                "note",
                f"{port} cannot be used ({error.strerror}): unless that is the app, give another "
                "with --server.port.",
            )
    return Finding("Port", "fine", f"{port} is free")
