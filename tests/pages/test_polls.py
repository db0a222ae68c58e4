"""What a waiting page asks again and again, and when it is drawn: on a server of its own."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.benchmarks.visitors import Session, sessions
from tests.browser.servers import serving
from tests.event_loop import result_of
from tests.patience import UNCHANGED


class Reader(Session):
    """A tab that reads what the page says, and counts the elements that each run sends."""

    def __init__(self, *arguments: str) -> None:
        super().__init__(*arguments)
        self.drawn = ""
        self.line = ""
        self.elements = Counter[int]()

    def _take_in(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        self.elements[self.runs] += kind is not None
        if kind == "markdown" and element.markdown.body.startswith("drawn"):
            self.drawn = element.markdown.body
        elif kind in ("markdown", "progress"):
            self.line = element.markdown.body or element.progress.text


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(UNCHANGED):
        while not condition():
            await asyncio.sleep(0.02)


def visit(folder: Path, script: Callable[[Reader], Awaitable[None]]) -> None:
    """Run a visitor's script on the page that waits for files in a folder."""

    async def run(port: int) -> None:
        async with sessions(port, [("", "")], Reader) as (reader,):
            await reader.load()
            await script(reader)

    page = Path(__file__).with_name("polled_page.py")
    with serving(page, {"POLLED_FOLDER": str(folder)}) as server:
        result_of(run(urlsplit(server.url).port or 0))


@pytest.mark.thorough
def test_a_page_is_drawn_when_something_is_new_and_not_at_every_poll(tmp_path: Path) -> None:
    async def script(reader: Reader) -> None:
        # The start of the work may have come after the first drawing.
        await until(lambda: "the files" in reader.line and bool(reader.polls))
        runs = reader.runs
        await until(lambda: reader.runs > runs + 1)
        drawn, before = reader.drawn, reader.runs
        await until(lambda: reader.runs > before + 3)
        assert reader.drawn == drawn
        # Those of the line: what is under way, and the button that stops it.
        assert [reader.elements[run] for run in range(before + 1, before + 4)] == [2, 2, 2]

        (tmp_path / "estimate").touch()
        await until(lambda: "estimate, finished False" in reader.drawn)
        assert reader.polls
        (tmp_path / "end").touch()
        await until(lambda: "end, finished True" in reader.drawn)
        await until(lambda: not reader.polls)
        assert reader.line == "All is done."

    visit(tmp_path, script)


@pytest.mark.thorough
def test_cancel_and_resume_between_polls(tmp_path: Path) -> None:
    (tmp_path / "estimate").touch()

    async def script(reader: Reader) -> None:
        await until(lambda: "estimate, finished False" in reader.drawn)
        await reader.press("cancel")
        await until(lambda: "not finished" in reader.line)
        await until(lambda: not reader.polls)
        await reader.press("resume")
        await until(lambda: bool(reader.polls))
        (tmp_path / "end").touch()
        await until(lambda: reader.line == "All is done.")

    visit(tmp_path, script)
