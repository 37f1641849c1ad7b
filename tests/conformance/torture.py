"""The torture messages of the RFCs, from the project's shared data."""

import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[3] / "shared" / "data"


def cases(folder: str) -> list[dict[str, Any]]:
    """The index of one RFC's messages; empty where the shared data is not there."""
    index = DATA / folder / "index.json"
    return list(json.loads(index.read_text())["cases"]) if index.is_file() else []


def octets(folder: str, name: str) -> bytes:
    return (DATA / folder / name).read_bytes()
