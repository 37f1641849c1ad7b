"""What is set once for the whole box, by name: JSON values, and sealed ones."""

import hashlib
from typing import Any

import msgspec

from appliance.store.database import Database, connection
from appliance.store.keys import KeyRing, place
from appliance.store.transactions import Transaction


def setting(database: Database, name: str, kind: Any) -> Any:
    """The value of that kind (as msgspec takes kinds) that was put there; None where none was."""
    text = _text(database, name)
    return None if text is None else msgspec.json.decode(text, type=kind)


def put_setting(transaction: Transaction, name: str, value: object) -> None:
    _put(transaction, name, msgspec.json.encode(value).decode())


def secret_setting(database: Database, name: str, keys: KeyRing) -> str:
    """The secret that was put there; "" where none was."""
    text = _text(database, name)
    return keys.open(bytes.fromhex(text), _place(name)) if text else ""


def put_secret_setting(transaction: Transaction, name: str, secret: str) -> None:
    _put(transaction, name, transaction.keys.seal(secret, _place(name)).hex() if secret else "")


def _text(database: Database, name: str) -> str | None:
    query = "SELECT value FROM box_settings WHERE name = ?"
    found = connection(database).execute(query, (name,)).get
    return None if found is None else str(found)


def _put(transaction: Transaction, name: str, text: str) -> None:
    transaction.file.execute(
        "INSERT INTO box_settings (name, value) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, text),
    )


def _place(name: str) -> bytes:
    """The table has names, no numbers."""
    row = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
    return place("box_settings", "value", row)
