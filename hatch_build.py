"""Builds the media core into the tree before the package is made; hatchling calls it, `./dev` too.

The library lands beside `appliance/telephony/media/port.py`, for an editable install and a wheel
alike, and is left alone while neither its sources nor the interpreter's ABI have changed.
"""

import hashlib
import runpy
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
MEDIA = ROOT / "appliance" / "telephony" / "media"
BUILDER = MEDIA / "build_core.py"
STAMP = MEDIA / ".core-sources"


def sources() -> Iterable[Path]:
    """Every file that the library is made from."""
    yield BUILDER
    yield from sorted(path for path in (MEDIA / "core").rglob("*.[ch]"))


def fingerprint() -> str:
    """Changes when a source, the compiler's settings or the machine's architecture do."""
    digest = hashlib.sha256(sysconfig.get_platform().encode())
    digest.update(repr(sysconfig.get_config_var("CFLAGS")).encode())
    for path in sources():
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def build_media_core() -> None:
    """Compile the media core unless the library that is there came from these very sources."""
    wanted = fingerprint()
    built = any(MEDIA.glob("_core*.so"))
    if built and STAMP.exists() and STAMP.read_text() == wanted:
        return
    runpy.run_path(str(BUILDER))["build"](MEDIA)
    STAMP.write_text(wanted)


def wheel_tag() -> str:
    """One wheel serves CPython 3.11 and later: the library keeps to the stable ABI."""
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    return f"cp311-abi3-{platform}"


class MediaCore(BuildHookInterface[Any]):
    """hatchling's hook: compile, then carry the library into the wheel."""

    def initialize(self, _version: str, build_data: dict[str, Any]) -> None:
        build_media_core()
        build_data["pure_python"] = False
        build_data["tag"] = wheel_tag()
        build_data["artifacts"].append("appliance/telephony/media/*.so")


if __name__ == "__main__":
    build_media_core()
