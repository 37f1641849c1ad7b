import io
import json
import logging
from collections.abc import Iterator

import pytest

from appliance.box.logs import JsonFormatter


@pytest.fixture
def written() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("appliance.test")
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, stream
    logger.removeHandler(handler)
    logger.propagate = True


def test_exception_is_one_line(written: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = written
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        logger.exception("it failed")
    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["error"].endswith("RuntimeError: broken")


def test_what_cannot_be_json_is_written_as_text(
    written: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, stream = written
    logger.warning("odd", extra={"thing": {1, 2}.__class__})
    assert json.loads(stream.getvalue())["thing"] == "<class 'set'>"


def test_facts_stand_beside_the_message(written: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = written
    logger.error("call %s failed", 7, extra={"call_key": "ab"})
    line = json.loads(stream.getvalue())
    assert line["message"] == "call 7 failed"
    assert (line["level"], line["call_key"]) == ("error", "ab")
    assert line["at"].endswith("+00:00")
