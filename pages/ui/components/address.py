"""The address bar's part in Back and Forward (``assets/components/address.*``).

Streamlit enters every change of `st.query_params` into the browser's history, and asks for a run
when Back or Forward lead to an entry.
"""

from __future__ import annotations

from pages.ui.components.component import component

_component = component("address")


def watch_address() -> None:
    """See to it that the history has one entry for each thing that a person did."""
    _component(key="address", data={})
