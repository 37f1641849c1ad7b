"""Compile the generators of bench/load with the machine's C compiler, outside the checkout."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

_SOURCE = Path(__file__).parent / "load"
_COMMON = ("measure", "net", "pace", "phones", "sip", "timers", "digest")
_PROGRAMS = {"register": (), "call": ("caller", "callee", "table"), "rtp": ()}
_FLAGS = ("-std=gnu11", "-O2", "-Wall", "-Wextra")


def generator(name: str) -> Path:
    """The program's path, compiled if its sources have changed."""
    folder = _folder()
    program = folder / name
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _compile(name, program)
    return program


def _folder() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "byondvoice-bench" / _fingerprint()


def _fingerprint() -> str:
    digest = hashlib.sha256(" ".join(_FLAGS).encode())
    for path in sorted(_SOURCE.glob("*.[ch]")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _compile(name: str, program: Path) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise SystemExit("bench: needs a C compiler (Debian package gcc)")
    sources = [str(_SOURCE / f"{part}.c") for part in (name, *_PROGRAMS[name], *_COMMON)]
    unfinished = program.with_suffix(f".{os.getpid()}")
    subprocess.run([compiler, *_FLAGS, "-o", str(unfinished), *sources, "-lm"], check=True)
    unfinished.rename(program)
