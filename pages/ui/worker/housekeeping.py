"""What visitors leave behind on the server: bounded while they are here, returned when they go."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Sequence
from typing import Any, cast

from starlette.exceptions import HTTPException
from streamlit import config
from streamlit.runtime import Runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from pages.ui.worker.allocator import return_what_is_free
from pages.ui.worker.garbage import collect
from pages.ui.worker.page_runs import PageRuns

MOST_UPLOADED_BYTES = 100 * 2**20
"""Of the files of one visitor together, those of networks apart."""

PICTURES = ("jpg", "jpeg", "png", "webp", "avif", "heic", "heif", "bmp", "gif", "tif", "tiff")
SAVED_MAPS = ("npz", "zip")
NETWORKS = ("keras", "h5", "hdf5")
LABELS = ("txt", "csv", "json")
MASKS = ("png", "jpg", "jpeg", "webp")
"""The endings of the files that the places to upload take."""

TAKEN = {
    "upload": PICTURES,
    "camera": ("jpg",),
    "saved_maps": SAVED_MAPS,
    "own_model_file": NETWORKS,
    "own_model_labels": LABELS,
    "faithfulness_mask_file": MASKS,
}
"""The same by the beginning of the key of each place's widget."""
_KEY = re.compile(r"[$]{2}ID-[0-9a-f]+-(.*)")
"""In the identifier that a widget has in the browser."""

LOOKS = 4
"""How often those who have left are looked for within the time that they have to come back."""
QUIET_SECONDS = 10.0
"""How long a moment in which no page is drawn is waited for."""


class BoundedUploads(MemoryUploadedFileManager):
    """Keeps uploaded files in memory, of each visitor no more than so many bytes together."""

    most_network_bytes = 0
    """Of files of networks that one visitor holds together."""

    def get_files(self, session_id: str, file_ids: Sequence[str]) -> list[UploadedFileRec]:
        """The files that are here, but for those that a browser names at a place for others.

        To that place such a file is one that is not here. Streamlit would end each run of the tab.
        """
        found = super().get_files(session_id, file_ids)
        if not found:
            return found
        taken = _taken_where_named()
        return [
            file
            for file in found
            if all(_ends_in(file, each) for each in taken.get(file.file_id, ()))
        ]

    def add_file(self, session_id: str, file: UploadedFileRec) -> None:
        """Keep a file, or answer the browser that there is no room for it."""
        if not _ends_in(file, (*PICTURES, *SAVED_MAPS, *NETWORKS, *LABELS)):
            # Streamlit looks at a file's name in each run from then on, and ends the run.
            raise HTTPException(415, "No file of this kind is taken here.")
        network = _ends_in(file, NETWORKS)
        held = self.file_storage.get(session_id, {})
        others = sum(
            len(each.data)
            for name, each in held.copy().items()
            if name != file.file_id and _ends_in(each, NETWORKS) == network
        )
        most = self.most_network_bytes if network else MOST_UPLOADED_BYTES
        if others + len(file.data) > most:
            raise HTTPException(413, "Your files take too much room together; remove some first.")
        super().add_file(session_id, file)


def held_by_visitors(uploads: object) -> tuple[int, int]:
    """How many uploaded files are in memory, and their bytes together."""
    if not isinstance(uploads, MemoryUploadedFileManager):
        return 0, 0
    files = [file for held in uploads.file_storage.copy().values() for file in [*held.values()]]
    return len(files), sum(len(file.data) for file in files)


def keep_house(page_runs: PageRuns, most_network_bytes: int) -> None:
    """Bound uploads, and begin to return what visitors leave, for as long as the server runs."""
    if not Runtime.exists():
        return
    instance = Runtime.instance()
    bound(instance.uploaded_file_mgr, most_network_bytes)
    pause = max(1.0, config.get_option("server.disconnectedSessionTTL") / LOOKS)
    threading.Thread(
        target=_keep, args=(instance, page_runs, pause), name="housekeeping", daemon=True
    ).start()


def bound(uploads: object, most_network_bytes: int) -> None:
    """Let the server's keeper of uploaded files be a `BoundedUploads`.

    The server has made it already, and handed it to the routes that files come by.
    """
    if type(uploads) is MemoryUploadedFileManager:
        uploads.__class__ = BoundedUploads
        cast(BoundedUploads, uploads).most_network_bytes = most_network_bytes


def _keep(instance: Runtime, page_runs: PageRuns, pause: float) -> None:
    here: set[str] = set()
    owed = 0
    while True:
        time.sleep(pause)
        loop = instance._get_async_objs().eventloop
        looking = present(instance._session_mgr, instance.uploaded_file_mgr)
        try:
            found = asyncio.run_coroutine_threadsafe(looking, loop).result()
        except RuntimeError:
            looking.close()
            return  # the server has stopped
        # The last run of a session may still hold it the first time.
        owed = 2 if here - found else max(0, owed - 1)
        here = found
        page_runs.wait_for_end(QUIET_SECONDS)
        if owed:
            collect()
        return_what_is_free()


async def present(sessions: Any, uploads: object) -> set[str]:
    """The sessions that have not ended; those whose time to come back is over end now.

    Streamlit lets go of them, and of their files, only when the next visitor leaves. To be run by
    the server's own thread.
    """
    sessions._session_storage._cache.expire()
    found = {each.session.id for each in sessions.list_sessions()}
    if isinstance(uploads, BoundedUploads):
        for name in uploads.file_storage.keys() - found:
            uploads.remove_session_files(name)
    return found


def _taken_where_named() -> dict[str, list[tuple[str, ...]]]:
    """By file, the endings taken by each place at which this run's browser names it."""
    context = get_script_run_ctx()
    named: dict[str, list[tuple[str, ...]]] = {}
    for state in context.session_state.get_widget_states() if context else ():
        for file in state.file_uploader_state_value.uploaded_file_info:
            key = found[1] if (found := _KEY.fullmatch(state.id)) else ""
            of_places = [taken for name, taken in TAKEN.items() if key.startswith(name)]
            named.setdefault(file.file_id, []).extend(of_places)
    return named


def _ends_in(file: UploadedFileRec, endings: tuple[str, ...]) -> bool:
    named = file.name.lower()
    return "\0" not in named and named.endswith(tuple(f".{each}" for each in endings))
