"""What the configuration says of searches for hyperparameters."""

from collections.abc import Mapping

from selfstudy.configuration import read_gin
from selfstudy.errors import ConfigurationError, suggest
from selfstudy.search import GRACE, ROUNDS, SAMPLERS
from selfstudy.sweep.gin_files import configure_search
from selfstudy.sweep.runs import TUNING_SEED, Sweep

NAMED = {"dataset": "datasets", "backbone": "backbones", "task": "tasks"}


def complete_settings(search: Mapping) -> dict[str, object]:
    """Complete how a search goes: the arguments of `selfstudy.search.study.SearchSettings`."""
    defaults = {"sampler": SAMPLERS[0], "seed": 0, "rounds": ROUNDS, "grace": GRACE}
    return {key: search.get(key, default) for key, default in defaults.items()}


def find_search_snapshot(sweep: Sweep, name: str) -> str | list[str]:
    """Find the snapshot that the runs of a search start from; none unless they finetune one.

    It is that of the first of a method's networks.
    """
    search = sweep.searches[name]
    return next(iter(sweep.list_snapshots(**search)), []) if "task" in search else []


def find_search_resources(sweep: Sweep, name: str) -> dict[str, int]:
    """Find the resources that one of a search's runs needs."""
    kind = "finetune" if "task" in sweep.searches[name] else "pretrain"
    return sweep.config["resources"][kind]


def check_searches(sweep: Sweep) -> None:
    """Check all searches beyond the schema, those that tune starts among them.

    Raises:
        ConfigurationError: it names what is not in the sweep, or does not fit.
    """
    for name in sweep.searches:
        check_search(sweep, name, "tuning: " if name in sweep.tuned else f"searches: {name}: ")
    seed = sweep.config.get("tuning", {}).get("seed", TUNING_SEED)
    if sweep.tuned and seed in sweep.config["seeds"]:
        raise ConfigurationError(
            f"tuning: seed: {seed} is one of seeds, whose run would be the best trial itself: "
            f"expected another"
        )


def check_search(sweep: Sweep, name: str, place: str) -> None:
    """Check a search beyond the schema; `place` is that of its settings in the configuration.

    Raises:
        ConfigurationError: it names what is not in the sweep, or does not fit.
    """
    search = sweep.searches[name]
    for key, names in NAMED.items():
        known = sweep.backbones if key == "backbone" else sweep.config[names]
        if key in search and search[key] not in known:
            hint = suggest(search[key], known)
            raise ConfigurationError(f"{place}{key}: {search[key]!r} is not in {names}: {hint}")
    starts = sweep.list_starts(search["backbone"], search["dataset"] if "task" in search else None)
    if (start := search["pretext"]) not in starts:
        hint = suggest(start, starts)
        raise ConfigurationError(f"{place}pretext: {start!r} is not in pretext or weights: {hint}")
    dataset = sweep.datasets[search["dataset"]]
    training = dataset.training_images
    if "task" not in search:
        if start not in sweep.pretraining:
            raise ConfigurationError(f"{place}task: is missing: {start!r} pretrains nothing here")
    elif not dataset.fits(search["task"]):
        raise ConfigurationError(
            f"{place}task: {search['task']!r} is not for the images of {dataset.name!r}"
        )
    elif training is not None and search["labels"] > training:
        raise ConfigurationError(
            f"{place}labels: {search['labels']} labels, but dataset {dataset.name!r} has "
            f"{training} training images"
        )
    settings = complete_settings(search)
    if settings["rounds"] and (settings["grace"] or 1) > settings["rounds"]:
        raise ConfigurationError(
            f"{place}grace: {settings['grace']} rounds: expected 1 to {settings['rounds']}, the "
            f"rounds of a trial"
        )
    for file in configure_search(sweep, name)[0]:
        read_gin(file)  # is there
