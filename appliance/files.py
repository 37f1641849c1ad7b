"""Files that only the box may read."""

import os
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Put a file in place whole and on the disk, readable by its owner alone."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def read_key(path: Path) -> str:
    """The key in a file, without the line's end; empty where there is no such file."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return ""
