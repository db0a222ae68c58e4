"""Can films be written, and figures their texts?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from attribution_core.command_line.doctor.finding import Finding

_ENCODERS = {"MP4": "libx264", "WebM": "libvpx-vp9"}


def look_at_films(encoders: dict[str, str] | None = None) -> Finding:
    """Whether the encoders of the films' files are there; GIF needs none."""
    import av.codec

    lacking = []
    for kind, name in (encoders or _ENCODERS).items():
        try:
            av.codec.Codec(name, "w")
        except ValueError:
            lacking.append(kind)
    if lacking:
        return Finding(
            "Films",
            "note",
            f"They cannot be saved as {' and '.join(lacking)}; install PyAV's own wheel: pip "
            "install --force-reinstall --only-binary :all: av.",
        )
    return Finding("Films", "fine", "GIF, MP4 and WebM")


def look_at_fonts(families: Sequence[str] = ("DejaVu Sans",)) -> Finding:
    """Whether the font of figures and films is there, which Matplotlib brings along."""
    from matplotlib.font_manager import findfont

    for family in families:
        try:
            findfont(family, fallback_to_default=False)
        except ValueError:
            return Finding(
                "Fonts",
                "wrong",
                f"There is no {family}, with which figures are written; install Matplotlib again.",
            )
    return Finding("Fonts", "fine", ", ".join(families))


def look_at_drawing() -> Iterator[Finding]:
    """Films and fonts."""
    yield look_at_films()
    yield look_at_fonts()
