"""What visitors leave behind: bounded, and returned."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from types import SimpleNamespace

import pytest
from starlette.exceptions import HTTPException
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from pages.ui.worker import housekeeping
from pages.ui.worker.garbage import collect
from pages.ui.worker.housekeeping import bound, present
from pages.ui.worker.page_runs import PageRuns
from tests.event_loop import result_of
from tests.patience import UNCHANGED, until


def file(identifier: str, size: int, name: str = "picture.png") -> UploadedFileRec:
    return UploadedFileRec(identifier, name, "image/png", bytes(size))


@pytest.fixture
def uploads(monkeypatch: pytest.MonkeyPatch) -> MemoryUploadedFileManager:
    monkeypatch.setattr(housekeeping, "MOST_UPLOADED_BYTES", 100)
    made = MemoryUploadedFileManager("/upload")
    bound(made, 300)
    return made


def test_each_visitor_has_so_much_room(uploads: MemoryUploadedFileManager) -> None:
    for number in range(10):
        uploads.add_file("one", file(f"file {number}", 10))
    with pytest.raises(HTTPException) as refused:
        uploads.add_file("one", file("another", 1))
    assert refused.value.status_code == 413
    assert "remove some first" in refused.value.detail
    uploads.add_file("another", file("file", 100))
    uploads.add_file("one", file("file 3", 10))  # again, in its own place
    uploads.remove_file("one", "file 3")
    uploads.add_file("one", file("another", 10))
    assert sum(len(each.data) for each in uploads.get_files("one", ["another", "file 1"])) == 20


def test_networks_have_room_of_their_own(uploads: MemoryUploadedFileManager) -> None:
    uploads.add_file("one", file("picture", 100))
    uploads.add_file("one", file("network", 290, "mine.KERAS"))
    with pytest.raises(HTTPException):
        uploads.add_file("one", file("other", 11, "other.h5"))
    uploads.remove_session_files("one")
    uploads.add_file("one", file("other", 300, "other.h5"))


@pytest.mark.parametrize("name", ["page.html", "program.exe", "png", "a.png\0", "a.png\0.png", ""])
def test_a_file_that_no_place_takes_is_not_kept(
    uploads: MemoryUploadedFileManager, name: str
) -> None:
    """It would end every run of its tab: Streamlit looks at names that a browser has sent."""
    with pytest.raises(HTTPException) as refused:
        uploads.add_file("one", file("file", 1, name))
    assert refused.value.status_code == 415
    assert not uploads.get_files("one", ["file"])


def test_uploads_of_the_operators_own_making_stay_as_they_are() -> None:
    class Own(MemoryUploadedFileManager):
        pass

    made = Own("/upload")
    bound(made, 300)
    assert type(made) is Own


class Left:
    """Stands for the session of a closed tab."""

    id = "left"


class Info:
    def __init__(self, session: Left) -> None:
        self.session = session


def test_a_session_that_does_not_come_back_ends_without_another_visitor(
    uploads: MemoryUploadedFileManager,
) -> None:
    clock = [0.0]
    uploads.add_file("left", file("theirs", 50))
    storage = MemorySessionStorage(ttl_seconds=120)
    storage._cache._timer = lambda: clock[0]
    sessions = WebsocketSessionManager(storage, uploads, ScriptCache(), lambda: None)
    session = Left()
    ended = weakref.ref(session)
    storage.save(Info(session))
    del session
    clock[0] = 119
    assert result_of(present(sessions, uploads)) == {"left"}
    assert uploads.get_files("left", ["theirs"])
    clock[0] = 121
    assert result_of(present(sessions, uploads)) == set()
    assert not uploads.get_files("left", ["theirs"])
    assert ended() is None


def test_what_refers_to_itself_is_returned_though_it_was_frozen() -> None:
    first, second = Left(), Left()
    first.other, second.other = second, first
    ended = weakref.ref(first)
    gc.freeze()
    del first, second
    gc.collect()
    assert ended() is not None
    collect()
    assert ended() is None


def test_what_refers_to_itself_is_returned_soon_after_its_visitor_has_left(
    uploads: MemoryUploadedFileManager,
) -> None:
    """As the event loop of each visit does, which holds three handles: by the rounds themselves."""
    clock = [0.0]
    storage = MemorySessionStorage(ttl_seconds=120)
    storage._cache._timer = lambda: clock[0]
    session = Left()
    session.itself = session
    ended = weakref.ref(session)
    storage.save(Info(session))
    del session
    gc.freeze()
    loop, closed = asyncio.new_event_loop(), asyncio.new_event_loop()
    closed.close()
    loops = [loop]
    serving = threading.Thread(target=loop.run_forever)
    serving.start()
    looked = []

    def objects() -> SimpleNamespace:
        looked.append(None)
        return SimpleNamespace(eventloop=loops[-1])

    runtime = SimpleNamespace(
        _session_mgr=WebsocketSessionManager(storage, uploads, ScriptCache(), lambda: None),
        uploaded_file_mgr=uploads,
        _get_async_objs=objects,
    )
    keeping = threading.Thread(target=housekeeping._keep, args=(runtime, PageRuns(), 0.01))
    keeping.start()
    until(lambda: len(looked) > 1)  # the second round begins: the first has seen who is here
    clock[0] = 121
    enough = len(looked) + 10
    until(lambda: len(looked) > enough)
    loops.append(closed)  # the server stops
    keeping.join(UNCHANGED)
    loop.call_soon_threadsafe(loop.stop)
    serving.join(UNCHANGED)
    loop.close()
    assert not keeping.is_alive()
    assert ended() is None
