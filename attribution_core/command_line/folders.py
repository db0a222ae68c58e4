"""Where maps are written: a folder of this machine, or one at an address such as ``s3://…``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from attribution_core.command_line.files import prepared, write

_ADDRESS = "://"


class Folder(Protocol):
    """Named files; processes of several machines may be given the same."""

    def prepare(self) -> None:
        """Make it if need be; ValueError where nothing can be written there."""

    def has(self, name: str) -> bool: ...

    def read(self, name: str) -> bytes: ...

    def write(self, name: str, content: bytes) -> None:
        """Whole, or not at all where the place can do that."""


@dataclass(frozen=True)
class FolderOfFiles:
    """A folder of the machine, or one that the machine mounts."""

    path: Path

    def prepare(self) -> None:
        prepared(self.path)

    def has(self, name: str) -> bool:
        return (self.path / name).is_file()

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        write(self.path / name, content)


@dataclass(frozen=True)
class FolderAtAddress:
    """A folder that fsspec reaches: ``s3://``, ``gs://``, ``abfs://``, ``sftp://`` and so on.

    What is cut off while it is written there is known by its damage when it is read.
    """

    address: str

    def prepare(self) -> None:
        if self.address.partition(_ADDRESS)[0] in ("", "memory"):
            raise ValueError(
                f"What is written to {self.address} ends with the command; name a folder, or an "
                "address such as s3://bucket/maps."
            )
        try:
            system, root = self._opened()
            system.makedirs(root, exist_ok=True)
            system.pipe_file(f"{root}/.begun", b"")
            system.rm_file(f"{root}/.begun")
        except Exception as error:
            # Each of fsspec's systems has its own errors.
            said = " ".join(str(error).split()) or type(error).__name__
            raise ValueError(f"Nothing can be written to {self.address}: {said}") from None

    def has(self, name: str) -> bool:
        system, root = self._opened()
        return bool(system.isfile(f"{root}/{name}"))

    def read(self, name: str) -> bytes:
        system, root = self._opened()
        content: bytes = system.cat_file(f"{root}/{name}")
        return content

    def write(self, name: str, content: bytes) -> None:
        system, root = self._opened()
        system.pipe_file(f"{root}/{name}", content)

    def _opened(self) -> tuple[Any, str]:
        """The file system, which fsspec keeps open, and the folder's path in it."""
        try:
            from fsspec.core import url_to_fs
        except ImportError:
            raise ValueError(
                "Addresses need fsspec, which is not installed; install it with "
                "pip install 'attribution-explorer[cluster]'."
            ) from None
        # Other processes write there too, so that what was listed once is not believed.
        system, root = url_to_fs(self.address, use_listings_cache=False)
        return system, str(root).rstrip("/")


def folder_at(text: str) -> Folder:
    """The folder of a path or an address."""
    if _ADDRESS in text:
        return FolderAtAddress(text)
    # Workers may have been started elsewhere.
    return FolderOfFiles(Path(text).absolute())
