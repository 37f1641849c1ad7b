"""The C of the core compiles without a warning."""

import shutil
import subprocess
from pathlib import Path

import pytest

from appliance.telephony.media.build_core import sources

STRICT = ["-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror", "-Wshadow"]


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
@pytest.mark.parametrize("source", [p for p in sources() if p.suffix == ".c"], ids=lambda p: p.name)
def test_source_compiles_without_a_warning(source: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        ["cc", *STRICT, "-c", str(source), "-o", str(tmp_path / "out.o")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
