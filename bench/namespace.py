"""A network namespace of the bench's own, so that nothing else on the machine meets its ports."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

_INSIDE = "BYONDVOICE_BENCH_NAMESPACE"


def enter(module: str, arguments: Sequence[str]) -> None:
    """Replace this process by the module in a new network namespace; return if inside already."""
    if os.environ.get(_INSIDE) == str(os.getpid()):
        _raise_loopback()
        return
    unshare = shutil.which("unshare")
    if unshare is None:
        raise SystemExit("bench: needs unshare (Debian package util-linux)")
    rights = [] if os.geteuid() == 0 else ["--map-root-user"]
    os.environ[_INSIDE] = str(os.getpid())  # exec keeps the process id
    command = [unshare, "--net", *rights, "--", sys.executable, "-m", module, *arguments]
    os.execv(unshare, command)


def _raise_loopback() -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
