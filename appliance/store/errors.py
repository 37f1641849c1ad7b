"""Why a data folder cannot be used. Each message is one line for the person who starts the box.

StoreError
    FolderUnusable      it cannot be made, read or written
    FolderInUse         another process holds it
    NewerSchema         a later version of the program wrote it
    DamagedDatabase     a file is not the database that it should be
    UnreadableKey       the secrets in it cannot be opened
"""


class StoreError(Exception):
    """The data folder cannot be used; nothing was written to it."""


class FolderUnusable(StoreError):
    pass


class FolderInUse(StoreError):
    pass


class NewerSchema(StoreError):
    pass


class DamagedDatabase(StoreError):
    pass


class UnreadableKey(StoreError):
    pass


class AlreadyTaken(Exception):
    """Something else has the number, username or slug; nothing was changed."""
