"""Runs as gin files and bindings configure them."""

from selfstudy.configuration import load_configuration


def make_run(data, files, bindings=()):
    """The run of gin files and bindings on a prepared file."""
    configuration = load_configuration(files, bindings)
    return configuration.make_run(configuration.open_dataset(data))
