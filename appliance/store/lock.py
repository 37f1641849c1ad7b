"""One process at a time in a data folder: an advisory lock on the folder itself.

The lock is the kernel's, so it ends with its process however that ends, and it leaves no file.
"""

import fcntl
import os
from pathlib import Path

from appliance.store.errors import FolderInUse, FolderUnusable


class FolderLock:
    """Held from construction until `release`. Raises FolderInUse, FolderUnusable."""

    def __init__(self, folder: Path) -> None:
        try:
            self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise FolderUnusable(f"cannot open data folder {folder}: {error.strerror}") from None
        try:
            fcntl.flock(self._folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._folder)
            raise FolderInUse(f"data folder {folder} is in use by another process") from None

    def release(self) -> None:
        os.close(self._folder)
