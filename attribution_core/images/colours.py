"""Colours as they are meant: converted from a file's profile to sRGB, and laid over white."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageCms


def in_srgb(image: Image.Image) -> tuple[Image.Image, str]:
    """Colours converted from the profile that the picture brings, and what was done, in words."""
    if not image.info.get("icc_profile"):
        return image, ""
    alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        mode = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}[profile.profile.xcolor_space.strip()]
        if (mode == "CMYK") != (image.mode == "CMYK"):
            return image, "Its colour profile is for other colours and was left out."
        plain = image.convert(mode)
        converted = ImageCms.profileToProfile(
            plain,
            profile,
            ImageCms.createProfile("sRGB"),
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            "RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        name = ImageCms.getProfileDescription(profile).strip()[:60]
    except (ImageCms.PyCMSError, OSError, KeyError, ValueError):
        return image, "Its colour profile cannot be read and was left out."
    assert converted is not None
    difference = np.asarray(converted, int) - np.asarray(plain.convert("RGB"), int)
    if mode != "CMYK" and np.abs(difference).max() <= 1:
        return image, ""  # sRGB already, but for rounding
    if alpha is not None:
        converted.putalpha(alpha)
    return converted, f"Its colours are converted from “{name}” to sRGB."


def over_white(image: Image.Image) -> Image.Image:
    """RGB, with transparent pixels laid over white."""
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")
