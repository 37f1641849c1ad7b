"""`./dev build`: the program as one folder and as one file, in dist/."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FORMS = ("folder", "file")


def build(form: str, target: Path) -> Path:
    """Build one form beneath `target`; the program's path. Raises CalledProcessError."""
    distribution = target / form
    command = [sys.executable, "-m", "PyInstaller", str(ROOT / "packaging" / "byondvoice.spec")]
    command += ["--noconfirm", "--log-level", "WARN", "--distpath", str(distribution)]
    command += ["--workpath", str(target / "work" / form)]
    subprocess.run(command, check=True, cwd=ROOT, env=os.environ | {"BYONDVOICE_FORM": form})
    within = distribution / "byondvoice"
    return within if form == "file" else within / "byondvoice"


def size(program: Path, form: str) -> int:
    """Bytes of the form's files."""
    files = [program] if form == "file" else program.parent.rglob("*")
    return sum(path.lstat().st_size for path in files if path.is_file())


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev build", description=__doc__)
    parser.add_argument("forms", nargs="*", choices=[*FORMS, []], help="default: both")
    parser.add_argument("--target", type=Path, default=ROOT / "dist", help="default: dist/")
    given = parser.parse_args()
    for form in given.forms or FORMS:
        program = build(form, given.target.absolute())
        print(f"{form:8}{size(program, form) / 1e6:8.1f} MB  {program}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
