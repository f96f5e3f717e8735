"""Runs as gin files and bindings configure them."""

from selfstudy.configuration import load_configuration

# A narrow network on the images of the fixture `prepared`; how long is for each test to say.
NARROW = [
    "session.precision = 'float32'",
    "session.checkpoint_minutes = 0",
    "BaseDataset.input_res = 16",
    "BaseDataset.min_round = 32",
    "ResNet.width = 4",
    "dataloader.batch_size = 16",
]


def make_run(data, files, bindings=()):
    """The run of gin files and bindings on a prepared file."""
    configuration = load_configuration(files, bindings)
    return configuration.make_run(configuration.open_dataset(data))
