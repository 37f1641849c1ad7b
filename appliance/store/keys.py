"""Secrets at rest: AES-256-GCM under the keys of `keys/` (decisions: Secrets).

A sealed value is the key's number (4 bytes, big-endian), a nonce (12 bytes) and the ciphertext with
its tag; table, column and row are the associated data, so a value copied elsewhere does not open.
"""

import os
import struct
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from appliance.files import write_private
from appliance.store.errors import UnreadableKey

KEY_BYTES = 32
NONCE_BYTES = 12
NUMBER = struct.Struct(">I")


def place(table: str, column: str, row: int) -> bytes:
    """Where a sealed value belongs: the associated data."""
    return f"{table}\0{column}\0{row}".encode()


class KeyRing:
    """The keys by number; the highest one seals. Raises UnreadableKey."""

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        if not keys:
            raise UnreadableKey("the data folder's keys/ holds no key")
        self._keys = {number: AESGCM(key) for number, key in keys.items()}
        self._current = max(keys)

    @classmethod
    def create(cls, folder: Path) -> "KeyRing":
        """Make the folder and its first key."""
        folder.mkdir(mode=0o700, exist_ok=True)
        write_private(folder / "1.key", os.urandom(KEY_BYTES).hex() + "\n")
        return cls.load(folder)

    @classmethod
    def load(cls, folder: Path) -> "KeyRing":
        """Read every `<number>.key` of the folder."""
        files = {path.stem: path for path in folder.glob("*.key") if path.stem.isdecimal()}
        return cls({int(number): _read(path) for number, path in files.items()})

    def seal(self, secret: str, where: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._keys[self._current].encrypt(nonce, secret.encode(), where)
        return NUMBER.pack(self._current) + nonce + sealed

    def open(self, sealed: bytes, where: bytes) -> str:
        (number,) = NUMBER.unpack_from(sealed)
        nonce, secret = sealed[4 : 4 + NONCE_BYTES], sealed[4 + NONCE_BYTES :]
        try:
            return self._keys[number].decrypt(nonce, secret, where).decode()
        except KeyError:
            raise UnreadableKey(f"keys/{number}.key is missing: secrets need it") from None
        except InvalidTag:
            raise UnreadableKey(f"keys/{number}.key does not open the secrets here") from None


def _read(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text().strip())
    except OSError as error:
        raise UnreadableKey(f"cannot read {path}: {error.strerror}") from None
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise UnreadableKey(f"{path} is not a key of {KEY_BYTES} bytes in hexadecimal")
    return key
