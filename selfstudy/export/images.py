"""The images that an exported backbone takes, in words."""

from selfstudy.data.inputs import UNIT_RGB, Input

CHANNELS = 3
COLORS = {
    "lab": "CIE Lab of sRGB (D65, as skimage.color.rgb2lab gives it)",
    "rgb": "sRGB from 0 to 255",
}


def tell_images(images: Input | None, resolution: int, file: str = "") -> str:
    """Tell in words how images are prepared.

    Args:
        images: how; None: nobody knows, as of files of the study's authors.
        resolution: in pixels.
        file: that such images are in.
    """
    text = f"float32 (b, {CHANNELS}, {resolution}, {resolution}), "
    if images is None:
        return f"{text}prepared as in {file}, which does not say how"
    if images == UNIT_RGB:
        return f"{text}sRGB from 0 to 1"
    space, *statistics = images
    mean, std = map(write_numbers, statistics)
    return f"{text}{COLORS[space]}, minus ({mean}), divided by ({std})"


def describe_images(images: Input | None) -> dict[str, str]:
    """Describe the images that a backbone expects, for `starts.file.find_input` to read."""
    if images is None:
        return {"in_channels": str(CHANNELS)}
    space, *statistics = images
    mean, std = map(write_numbers, statistics)
    return {"in_channels": str(CHANNELS), "color_space": space, "mean": mean, "std": std}


def write_numbers(values: tuple[float, ...]) -> str:
    """Write numbers as text."""
    return ", ".join(f"{value:.12g}" for value in values)
