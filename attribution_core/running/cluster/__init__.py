"""Work in pieces: done here, or handed to processes of this machine or of others by Dask."""
