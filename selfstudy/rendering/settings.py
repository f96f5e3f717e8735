"""How datasets are rendered: the study's way, unless the configuration says otherwise."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path

from selfstudy.errors import ConfigurationError

MAX_RESOLUTION = 1024
LIMITS = {
    "resolution": (1, MAX_RESOLUTION),
    "seed": (0, None),
    "viewpoint": (0, None),
    "lighting": (0, None),
    "tint": (0, 1),
    "warp": (0, 1),
    "variety": (0, 1),
}


@dataclass(frozen=True)
class Rendering:
    """What all buckets of all datasets have in common.

    Args:
        resolution: width and height in pixels.
        seed: of all that is random.
        viewpoint: standard deviation of the Euler angles, in radians, where that factor is on.
        lighting: of the light's angle.
        tint: share of the class's colour in a texture where the colour factor is off.
        warp: standard deviation of the scale along each axis.
        variety: of the procedural shapes; 1: all there is, 0: those of a class are alike.
        meshes: collected ones (see `rendering.meshes`) to show in place of procedural shapes.
        textures: collected ones (see `rendering.own_textures`) in place of procedural ones.

    Raises:
        ConfigurationError: a value is out of range.
    """

    resolution: int = 128
    seed: int = 0
    viewpoint: float = 0.5
    lighting: float = 2.0
    tint: float = 0.4
    warp: float = 0.1
    variety: float = 1.0
    meshes: str | Path | None = None
    textures: str | Path | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.name in LIMITS:
                whole = isinstance(field.default, int)
                check_range(field.name, getattr(self, field.name), *LIMITS[field.name], whole)

    @property
    def attributes(self) -> dict[str, int | float]:
        """The numbers among the settings."""
        return {name: value for name, value in asdict(self).items() if name in LIMITS}


def check_range(
    name: str, value: float, low: float, high: float | None, whole: bool = True
) -> None:
    """Raise ConfigurationError unless a number is within its limits."""
    kinds = int if whole else (int, float)
    if not isinstance(value, kinds) or not low <= value or (high is not None and value > high):
        expected = f"{low} or more" if high is None else f"{low} to {high}"
        kind = "whole number" if whole else "number"
        raise ConfigurationError(f"{name} {value!r}: expected a {kind}, {expected}")
