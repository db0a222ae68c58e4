"""Pictures, as the networks take them: float32 RGB in 0..255."""

from attribution_core.images.files import PICTURE_FILES, Decoded, decode, load_image
from attribution_core.images.picture import INPUT, Picture, Pixels, digest

__all__ = [
    "INPUT",
    "PICTURE_FILES",
    "Decoded",
    "Picture",
    "Pixels",
    "decode",
    "digest",
    "load_image",
]
