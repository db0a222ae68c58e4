"""A coroutine run to its end, where the browser's own event loop may be running in this thread."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


def result_of(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """What a coroutine returns, on an event loop and in a thread of its own.

    Once a test of the same process has used Playwright, `asyncio.run` is refused in its thread.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()
