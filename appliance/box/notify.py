"""Telling systemd how the box does (sd_notify(3))."""

import os
import socket


def notify(state: str) -> None:
    """Send `READY=1`, `STOPPING=1` or `WATCHDOG=1`; nothing where systemd does not listen."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as manager:
            # systemd writes an abstract address with @ where the kernel wants a null byte.
            manager.sendto(state.encode(), address.replace("@", "\0", 1))
