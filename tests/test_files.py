from pathlib import Path

from appliance.files import read_key, write_private


def test_missing_key_is_empty(tmp_path: Path) -> None:
    assert read_key(tmp_path / "metrics.key") == ""


def test_key_ends_before_its_line_does(tmp_path: Path) -> None:
    (tmp_path / "metrics.key").write_text("secret\n")
    assert read_key(tmp_path / "metrics.key") == "secret"


def test_private_file_replaces_a_public_one(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
