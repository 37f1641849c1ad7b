"""When the garbage collector may run: seldom, and never over what the box was started with.

Nearly all that a request makes is gone by reference counting when it is answered; what stays
(bindings, transactions, remembered addresses) has no cycles. So young objects are looked at less
often than Python would, and the modules, the snapshot and the bindings of the last run not at all:
a collection of everything would stop the SIP side for a tenth of a second and more.
"""

import asyncio
import ctypes
import gc
from typing import Final

THRESHOLDS: Final = (10_000, 20, 20)
"""Objects made and not yet gone until the young are looked at; every 20th time the older ones."""

GIVE_BACK_SECONDS: Final = 30.0


def settle() -> None:
    """To be called once, when the box has started and before it is announced."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


async def give_back() -> None:
    """Until cancelled: hand memory that a busy hour left unused back to the system, in a thread of
    its own, since the C library keeps what lies between two blocks that are in use.

    The first time is at once, so that the thread is there from the start: who counts threads later,
    looking for leaks, finds no new one."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    while trim is not None:
        await asyncio.to_thread(trim, 0)
        await asyncio.sleep(GIVE_BACK_SECONDS)
