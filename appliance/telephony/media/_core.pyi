"""The built media core; core/api.h says what `lib` holds."""

from typing import Any

ffi: Any
lib: Any
