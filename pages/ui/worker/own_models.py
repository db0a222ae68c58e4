"""Networks that visitors bring: each belongs to the sessions that brought it."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attribution_core.models.inspection import MODEL_FILES, Limits, inspect
from attribution_core.models.labels import imagenet_labels
from attribution_core.running.cache import Cache
from attribution_core.scores import Link
from pages.ui.worker.garbage import collect
from pages.ui.worker.own_model_names import Ends, Undecided, Use, digest_in, ends_while_tried
from pages.ui.worker.room import bytes_taken
from pages.ui.worker.uploads import Uploads

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier

CACHE_BYTES = 32 * 2**20
"""Of each network's activations, coalitions and maps."""

_MOST_ACTIVATION_BYTES = 256 * 2**20
_LONGEST_NAME = 80


@dataclass(frozen=True)
class _Seen:
    """What is known of a network once it was read: its highest layer, and its pictures' size."""

    highest: str = ""
    input_size: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class OwnModel:
    """A network that a visitor uses: its name in the model list, its file's, and how it is used.

    ``highest`` is its highest layer; empty until the network was read, as ``input_size`` is (0, 0).
    """

    name: str
    file: str
    digest: str
    use: Use
    highest: str
    input_size: tuple[int, int]


@dataclass(eq=False)
class _File:
    """A file that was brought, and the network in it once it was read."""

    name: str
    nbytes: int
    folder: tempfile.TemporaryDirectory[str] | None
    network: Any = None
    undecided: Undecided = field(default_factory=Undecided)
    seen: dict[Ends, _Seen] = field(default_factory=dict)
    tried: set[str] = field(default_factory=set)
    uses: dict[str, Use | None] = field(default_factory=dict)
    reading: threading.Lock = field(default_factory=threading.Lock)


class OwnModels:
    """The networks of all visitors; safe to use from several threads.

    Parameters
    ----------
    limits : Uploads
    forget : callable
        Called with the name of a model that nobody has any more.
    """

    def __init__(self, limits: Uploads, forget: Callable[[str], None]) -> None:
        self.limits = limits
        self._forget = forget
        self._files: dict[str, _File] = {}
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """What all networks are charged for together."""
        return sum(self.charges())

    def charges(self) -> tuple[int, ...]:
        """What each network is charged for, in bytes."""
        with self._lock:
            return tuple(file.nbytes for file in self._files.values())

    def bring(self, visitor: str, name: str, content: bytes) -> str:
        """Take a file, once it is known to be data within limits; nothing of it is run.

        Parameters
        ----------
        visitor : str
        name : str
            The file's.
        content : bytes

        Returns
        -------
        str
            The SHA-256 of the content.

        Raises
        ------
        ValueError
            When it is refused; one sentence says why.
        """
        name = Path(name).name[-_LONGEST_NAME:]
        suffix = Path(name).suffix.lower()
        if not self.limits.allowed:
            raise ValueError("This server takes no networks of visitors.")
        if suffix not in MODEL_FILES:
            raise ValueError(f"The file {name} is no .keras or .h5 file.")
        digest = hashlib.sha256(content).hexdigest()
        with self._lock:
            known = self._files.get(digest)
            mine = sum(visitor in file.uses for file in self._files.values())
            if known is not None and visitor in known.uses:
                return digest
            if mine >= self.limits.per_visitor:
                raise ValueError(
                    f"You have {mine} networks here already, as many as a session may; remove one "
                    "first."
                )
            if known is not None:
                known.uses[visitor] = None
                return digest
        folder = tempfile.TemporaryDirectory(prefix="attribution-")
        try:
            path = Path(folder.name) / f"network{suffix}"
            path.write_bytes(content)
            parameters = inspect(path, name, self._limits()).parameter_bytes
            nbytes = bytes_taken(parameters) + CACHE_BYTES
            self._keep(digest, _File(name, nbytes, folder, uses={visitor: None}))
        except BaseException:
            folder.cleanup()
            raise
        return digest

    def use(self, visitor: str, digest: str, use: Use) -> str:
        """Use a network that was brought; returns the model's name.

        ValueError where the visitor has not brought it.
        """
        with self._lock:
            file = self._files.get(digest)
            if file is None or visitor not in file.uses:
                raise ValueError("The network is no longer here; bring its file again.")
            before = self._models_of(digest)
            file.uses[visitor] = use
            gone = before - self._models_of(digest)
            if None not in file.uses.values():
                gone |= file.tried
                file.tried = set()
        for name in gone:
            self._forget(name)
        return use.name_of(digest)

    def of(self, visitor: str) -> tuple[OwnModel, ...]:
        """The networks that a visitor uses, in the order in which they were brought."""
        found = []
        with self._lock:
            for digest, file in self._files.items():
                use = file.uses.get(visitor)
                if use is not None:
                    seen = file.seen.get(use.ends, _Seen())
                    name = use.name_of(digest)
                    found.append(
                        OwnModel(name, file.name, digest, use, seen.highest, seen.input_size)
                    )
        return tuple(found)

    def file_name(self, digest: str) -> str:
        """What the file of a network is called; empty where it is not here."""
        with self._lock:
            file = self._files.get(digest)
            return "" if file is None else file.name

    def undecided(self, digest: str) -> Undecided:
        """What a network leaves to its owner, also where it was refused; nothing until then."""
        with self._lock:
            file = self._files.get(digest)
            return Undecided() if file is None else file.undecided

    def has(self, model: str) -> bool:
        """Whether a network of this name can be asked."""
        with self._lock:
            here = digest_in(model) in self._files
        return here and (ends_while_tried(model) is not None or self._use_of(model) is not None)

    def labels(self, model: str) -> tuple[str, ...]:
        """Of a model that is used; empty for others."""
        found = self._use_of(model)
        return () if found is None else found.labels

    def drop(self, visitor: str, digest: str = "") -> None:
        """Give back a visitor's network, or all of them."""
        with self._lock:
            gone: set[str] = set()
            networks = []
            for each in [digest] if digest else list(self._files):
                file = self._files.get(each)
                if file is None or visitor not in file.uses:
                    continue
                before = self._models_of(each)
                del file.uses[visitor]
                gone |= before - self._models_of(each)
                if not file.uses:
                    del self._files[each]
                    gone |= file.tried
                    networks.append(file)
        for name in gone:
            self._forget(name)
        for file in networks:
            if file.folder is not None:
                file.folder.cleanup()
            if file.network is not None:
                return_memory(weakref.ref(file.network))

    def classifier(self, model: str) -> Classifier:
        """The classifier of a model; the first one of a file reads it, which takes seconds.

        Raises
        ------
        ValueError
            When the file is no longer here, or holds no image classifier.
        """
        from attribution_core.models.loading import classifier_of

        with self._lock:
            file = self._files.get(digest_in(model))
        use = self._use_of(model)
        ends = ends_while_tried(model) if use is None else use.ends
        if file is None or ends is None:
            raise ValueError("The network is no longer here; bring its file again.")
        with file.reading:
            self._read(file)
        if use is None:
            self._try_alone(file, model)
            _look(file, ends)
        found = classifier_of(
            file.network,
            Path(file.name).stem,
            labels=None if use is None else use.labels,
            preprocessing="none" if use is None else use.preprocessing,
            link=ends.link,
            input_size=ends.size,
            cache=Cache(CACHE_BYTES),
        )
        file.seen[ends] = _Seen(found.layers[-1], found.input_size)
        return found

    def _try_alone(self, file: _File, model: str) -> None:
        """Of a network that is tried in several ways, only the last is kept."""
        with self._lock:
            before, file.tried = file.tried - {model}, {model}
        for name in before:
            self._forget(name)

    def _keep(self, digest: str, file: _File) -> None:
        with self._lock:
            held = sum(each.nbytes for each in self._files.values())
            most = self.limits.in_all_bytes
            if held + file.nbytes > most:
                raise ValueError(
                    f"There is no room for {file.name} now: of {most / 1e6:.0f} MB for visitors' "
                    f"networks, {held / 1e6:.0f} MB are taken, and it needs "
                    f"{file.nbytes / 1e6:.0f} MB. Remove one of your own, or try again later."
                )
            # Somebody may have brought the same meanwhile.
            known = self._files.setdefault(digest, file)
            known.uses.update((visitor, None) for visitor in file.uses)
        if known is not file and file.folder is not None:
            file.folder.cleanup()

    def _limits(self) -> Limits:
        most = self.limits.file_bytes
        return Limits(most, most, _MOST_ACTIVATION_BYTES)

    def _read(self, file: _File) -> None:
        from attribution_core.models.model_file import load_model_file

        if file.network is not None or file.folder is None:
            return
        (path,) = Path(file.folder.name).iterdir()
        file.network = load_model_file(path, name=file.name, limits=self._limits())
        # Only while it is read does it lie on the disk.
        file.folder.cleanup()
        file.folder = None

    def _use_of(self, model: str) -> Use | None:
        digest = digest_in(model)
        with self._lock:
            file = self._files.get(digest)
            uses: Sequence[Use | None] = () if file is None else tuple(file.uses.values())
        return next((use for use in uses if use is not None and use.name_of(digest) == model), None)

    def _models_of(self, digest: str) -> set[str]:
        return {use.name_of(digest) for use in self._files[digest].uses.values() if use is not None}


def _look(file: _File, ends: Ends) -> None:
    """See what a network leaves open, before it computes with pictures of a chosen size."""
    from attribution_core.models.model_file import refuse_large_activations
    from attribution_core.network.endings import ended_in_scores

    network = file.network
    # Also where it does not take the usual size, so that another can be chosen.
    file.undecided = Undecided(_sides(network), file.undecided.outputs)
    ended = ended_in_scores(network, ends.link, ends.size)
    file.undecided = Undecided.by(ended)
    if None in ended.takes.sides:
        refuse_large_activations(ended.network, file.name, _MOST_ACTIVATION_BYTES)


def _sides(network: Any) -> tuple[int | None, int | None]:
    from attribution_core.network.picture_input import picture_input

    # What is no classifier of pictures is refused elsewhere, with the reason.
    with contextlib.suppress(AttributeError, TypeError, ValueError):
        return picture_input(tuple(network.inputs[0].shape)[1:]).sides
    return 0, 0


def labels_for(classes: int, link: Link = "softmax") -> tuple[str, ...]:
    """The names of a network's classes where nobody says: ImageNet's where there are as many."""
    if link == "none":
        return tuple(f"output {number}" for number in range(classes))
    if classes == len(imagenet_labels()):
        return imagenet_labels()
    return tuple(f"class {number}" for number in range(classes))


def return_memory(network: weakref.ref[Any]) -> None:
    """Collect a network that nobody needs any more, as soon as the last run that shows it is over.

    What is loaded is taken out of the garbage collector's sight, and traced functions refer to
    themselves: without this, they would stay for good.
    """

    def collect_until_gone() -> None:
        for pause in (1.0, 2.0, 4.0, 8.0, 16.0, 32.0):
            time.sleep(pause)
            collect()
            if network() is None:
                return

    threading.Thread(target=collect_until_gone, name="return-memory", daemon=True).start()
