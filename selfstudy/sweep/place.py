"""Whether Snakemake can run jobs where the project and the interpreter lie."""

from selfstudy.errors import ConfigurationError

SHELL = frozenset(" \t\n\v\f\r\"'`$\\;&|<>()*?{}")  # what a shell does not take literally
PATTERN = frozenset(":{}")  # what PATH divides, and rules fill in


def check_place(checkout: str, interpreter: str) -> None:
    """Check the paths that Snakemake puts into commands without quoting them.

    Letters of any language are fine.

    Args:
        checkout: the folder of the workflow.
        interpreter: the path of Python.

    Raises:
        ConfigurationError: one has a character that breaks commands; it says which.
    """
    for path, unusable in ((checkout, PATTERN), (interpreter, SHELL)):
        found = next((character for character in path if character in unusable), None)
        if found is not None:
            raise ConfigurationError(
                f"{path}: Snakemake cannot run what has {found!r} in its path: move or rename that "
                f"folder, and set up anew"
            )
