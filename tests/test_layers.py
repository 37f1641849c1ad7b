"""The layers of the house (docs/architecture.md): each package imports only what lies below it."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent

Family = tuple[str, ...]
"""Modules and packages that may import each other."""

LAYERS: Final[tuple[tuple[Family, ...], ...]] = (
    (("appliance.__main__", "appliance.arguments", "appliance.terminal"),),
    (
        (
            "appliance.main",
            "appliance.operations",
            "appliance.control_plane",
            "appliance.telephone_side",
        ),
    ),
    (
        ("appliance.web",),
        ("appliance.provisioning",),
        ("appliance.sync",),
        ("appliance.telephony.switch",),
    ),
    (
        ("appliance.telephony.flow",),
        (
            "appliance.telephony.registrar",
            "appliance.telephony.access",
            "appliance.telephony.binding",
            "appliance.telephony.bindings",
            "appliance.telephony.blocks",
            "appliance.telephony.fair_table",
            "appliance.telephony.keepalive",
            "appliance.telephony.keepalive_sender",
            "appliance.telephony.keepalives",
            "appliance.telephony.wheel",
        ),
        ("appliance.telephony.trunks",),
        ("appliance.telephony.presence",),
    ),
    (
        ("appliance.telephony.calls",),
        ("appliance.control",),
        ("appliance.mail",),
        ("appliance.speech",),
        ("appliance.box",),
    ),
    (("appliance.store",), ("appliance.billing",)),
    (
        ("appliance.telephony.transport",),
        ("appliance.telephony.media",),
        ("appliance.telephony.turn",),
    ),
    (
        ("appliance.telephony.sip",),
        ("appliance.telephony.sdp",),
        ("appliance.telephony.media.port",),
        ("appliance.telephony.directory",),
    ),
    (
        (
            "appliance.model",
            "appliance.clock",
            "appliance.events",
            "appliance.files",
            "appliance.settings",
        ),
    ),
)
"""Top first. A family imports itself and lower layers, never a sibling."""

PLACES: Final = {
    prefix: (depth, family)
    for depth, layer in enumerate(LAYERS)
    for family in layer
    for prefix in family
}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES: Final = {module_name(path): path for path in sorted((ROOT / "appliance").rglob("*.py"))}


def place(module: str) -> tuple[int, Family] | None:
    """The depth and family of a module, by the longest name that covers it."""
    name = module
    while name:
        if name in PLACES:
            return PLACES[name]
        name = name.rpartition(".")[0]
    return None


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it the import stands."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in SOURCES else str(node.module)


def own_imports(module: str) -> list[str]:
    return [name for name in imports(SOURCES[module]) if name.split(".")[0] == "appliance"]


@pytest.mark.parametrize("module", SOURCES)
def test_module_imports_only_its_family_and_what_lies_below(module: str) -> None:
    here = place(module)
    if here is None:
        # Packages that only hold others, and the version: they import nothing.
        assert own_imports(module) == []
        return
    depth, family = here
    for imported in own_imports(module):
        there = place(imported)
        if there is not None:
            assert there[1] == family or there[0] > depth, f"{module} imports {imported}"


@pytest.mark.parametrize("module", [m for m in SOURCES if m.startswith("appliance.telephony.sip")])
def test_sip_needs_the_standard_library_only(module: str) -> None:
    for imported in imports(SOURCES[module]):
        top = imported.split(".")[0]
        assert top == "appliance" or top in sys.stdlib_module_names, imported


def test_only_the_store_imports_the_database() -> None:
    importers = {
        module
        for module, path in SOURCES.items()
        if {name.split(".")[0] for name in imports(path)} & {"peewee", "playhouse", "apsw"}
    }
    assert importers
    assert all(module.startswith("appliance.store") for module in importers)


def test_calls_see_media_only_through_its_port() -> None:
    for module in SOURCES:
        if module.startswith("appliance.telephony.calls"):
            media = {m for m in own_imports(module) if m.startswith("appliance.telephony.media")}
            assert media <= {"appliance.telephony.media.port"}, module


def test_flow_never_sees_sip_or_sdp() -> None:
    for module in SOURCES:
        if module.startswith("appliance.telephony.flow"):
            for imported in own_imports(module):
                assert not imported.startswith(
                    ("appliance.telephony.sip", "appliance.telephony.sdp")
                )


def test_media_port_can_be_imported_alone() -> None:
    assert SOURCES["appliance.telephony.media"].read_text() == ""
