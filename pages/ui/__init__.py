"""The pieces that the pages are drawn from. Streamlit is imported here and in the pages only."""
