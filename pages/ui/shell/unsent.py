"""What waits to be sent to a browser is sent, also where a fragment is rerun meanwhile."""

from __future__ import annotations

from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

drop_unsent = ForwardMsgQueue.clear
"""Streamlit's own way, which takes unsent elements of the fragment out of the middle."""


def keep_unsent() -> None:
    """Have Streamlit send all that a run drew before what a fragment's next run draws.

    Streamlit 1.67 drops what the fragment drew and is not sent yet. Not all of it, though: of large
    elements that the browser holds already it sends a reference, which does not say whose it is and
    stays, while the elements before it go. A browser that gets an element whose elder siblings it
    lacks ("Bad delta path index") draws nothing more until the page is reloaded. It happens where
    the server is busy. In order and complete, the messages are those of a server that is not.
    """
    if ForwardMsgQueue.clear is not _clear:
        type.__setattr__(ForwardMsgQueue, "clear", _clear)


def _clear(
    self: ForwardMsgQueue,
    retain_lifecycle_msgs: bool = False,
    fragment_ids_this_run: list[str] | None = None,
) -> None:
    if fragment_ids_this_run is None:
        drop_unsent(self, retain_lifecycle_msgs)
    else:
        # What comes now is not to be merged with what waits.
        self._delta_index_map = {}
