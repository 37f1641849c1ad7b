"""What an edit changed, as facts for the audit log: by field what it was and what it is."""

from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from enum import Enum
from typing import Any

UNTOLD = frozenset({"key", "version"})


def differences(before: Any, after: Any) -> dict[str, object]:
    """Of two dataclass objects of one class: `{"name": ["Acme", "Acme Corp"]}`. Only for nouns
    without secrets."""
    changed: dict[str, object] = {}
    for one in fields(before):
        was, now = _plain(getattr(before, one.name)), _plain(getattr(after, one.name))
        if was == now or one.name in UNTOLD:
            continue
        if isinstance(was, Mapping) and isinstance(now, Mapping):
            changed |= {f"{one.name}.{k}": [was[k], now[k]] for k in was if was[k] != now[k]}
        else:
            changed[one.name] = [was, now]
    return changed


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(_plain(each) for each in value)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(each) for name, each in asdict(value).items()}
    return value.value if isinstance(value, Enum) else value
