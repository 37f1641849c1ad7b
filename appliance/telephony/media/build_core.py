"""Builds the media core: the C files of core/ as one abi3 extension module, by cffi.

`python -m appliance.telephony.media.build_core` builds it in place; a build hook calls `build`.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).resolve().parent
CORE = HERE / "core"
MODULE = "appliance.telephony.media._core"
COMPILER_FLAGS = ["-std=c11", "-D_GNU_SOURCE", "-O2", "-g", "-pthread", "-Wall", "-Wextra",
                  "-Wno-unused-parameter", "-Wno-missing-field-initializers"]  # fmt: skip


def sources() -> list[Path]:
    """The files that the module is made of; a build hook hashes them."""
    return sorted(CORE.glob("*.[ch]"))


def declarations() -> str:
    """core/api.h as cffi reads it: without the preprocessor's lines."""
    lines = (CORE / "api.h").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))


def builder(extra_flags: tuple[str, ...] = ()) -> FFI:
    """The description of the module; `extra_flags` go to compiler and linker (sanitizers)."""
    ffi = FFI()
    ffi.cdef(declarations())
    ffi.set_source(
        MODULE,
        '#include "api.h"',
        sources=[str(path) for path in sources() if path.suffix == ".c"],
        include_dirs=[str(CORE)],
        libraries=["m"],
        extra_compile_args=[*COMPILER_FLAGS, *extra_flags],
        extra_link_args=["-pthread", *extra_flags],
        py_limited_api=True,
    )
    return ffi


def build(target_dir: Path = HERE, extra_flags: tuple[str, ...] = ()) -> Path:
    """Compile into `target_dir` and return the module's path. Raises cffi.VerificationError."""
    target_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(builder(extra_flags).compile(tmpdir=scratch))
        new = target_dir / f".{made.name}.new"
        shutil.copy2(made, new)
    # A running process keeps the file that it has mapped.
    return new.rename(target_dir / made.name)


if __name__ == "__main__":
    sys.stdout.write(f"{build()}\n")
