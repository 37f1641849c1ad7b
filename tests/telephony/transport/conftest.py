from typing import Any

import pytest


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    """The product's loop."""
    return "asyncio", {"use_uvloop": True}
