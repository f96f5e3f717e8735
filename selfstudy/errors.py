"""What goes wrong for a user's reason: one line that names the thing and what was expected."""


class SelfstudyError(Exception):
    """Base of all errors that are reported without a traceback."""

    exit_code = 1


class ConfigurationError(SelfstudyError):
    """A key, a binding or a name that the project does not know, or a value out of range."""


class DataError(SelfstudyError):
    """A file that is missing, damaged, full of something else, or cannot be written."""


class TrainingError(SelfstudyError):
    """A run that cannot go on, such as one whose loss is no longer finite."""


class DivergenceError(TrainingError):
    """A run whose loss or gradient is no longer finite."""


class InterruptionError(SelfstudyError):
    """A run that was asked to stop, and that goes on where it was when it is started again."""

    exit_code = 75  # EX_TEMPFAIL: try again


def format_error(error: SelfstudyError) -> str:
    """Give the error's own line, without those that gin adds about where it was raised."""
    return f"error: {str(error).splitlines()[0]}"
