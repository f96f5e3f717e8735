"""The four factors of variation that name a rendered dataset (paper, section 3.1)."""

from collections.abc import Iterable
from typing import NamedTuple, Self

from selfstudy.errors import ConfigurationError

MULTI = "-multi"  # suffix of datasets whose scenes hold several objects
CODES = tuple(f"{i:04b}" for i in range(16))


class Factors(NamedTuple):
    """Which factors vary: `Factors.parse("1011")` is `T-VL`, all except the colour."""

    texture: bool
    color: bool
    viewpoint: bool
    lighting: bool

    @classmethod
    def parse(cls, name: str) -> Self:
        """Read a code (`1011`) or the authors' letters (`T-VL`), with or without `-multi`.

        Raises:
            ConfigurationError: the name is neither.
        """
        short = name.removesuffix(MULTI)
        for code in CODES:
            factors = cls(*(digit == "1" for digit in code))
            if short in (code, factors.letters):
                return factors
        raise ConfigurationError(
            f"dataset {name!r}: expected four digits in the order texture, colour, viewpoint, "
            f"lighting, such as 1011, or letters such as T-VL, optionally followed by {MULTI}"
        )

    @property
    def code(self) -> str:
        """Four digits, such as `1011`."""
        return "".join(str(int(on)) for on in self)

    @property
    def letters(self) -> str:
        """The authors' letters, such as `T-VL`."""
        return "".join(letter if on else "-" for letter, on in zip("TCVL", self, strict=True))


def pair_datasets(datasets: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """Pair, for each factor, the datasets that differ in it alone: where it is off and on.

    Scenes of several objects are not paired with single objects.
    """
    codes = {}
    for dataset in datasets:
        try:
            codes[Factors.parse(dataset), dataset.endswith(MULTI)] = dataset
        except ConfigurationError:
            continue  # of other images, which have no factors
    found = {name: [] for name in Factors._fields}
    for (factors, multi), dataset in codes.items():
        for name in Factors._fields:
            on = codes.get((factors._replace(**{name: True}), multi), dataset)
            if on != dataset:
                found[name].append((dataset, on))
    return found
