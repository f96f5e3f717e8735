"""Files that users bring, told apart by their contents: not by times, nor by the place they lie in.

A million images cannot be read before every run. So files are what they were as long as their
names, sizes and times are; where only times differ, as in a copy, their contents are compared with
what was recorded when a run ended.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from selfstudy.data.survey import (
    Files,
    hash_contents,
    list_file,
    list_folder,
    list_table,
    list_unlabelled,
    survey,
)
from selfstudy.errors import DataError
from selfstudy.sweep.records import read_record, write_record
from selfstudy.sweep.runs import Sweep

GONE = "not there"
LOCAL = "local-dir:"  # before a folder of weights, as `selfstudy.starts.timm_weights` has it


class OwnFiles:
    """The files that users bring to a sweep.

    Args:
        sweep: that they are brought to.
        record: where it is kept what they were; None: nobody asks, as in jobs.
        say: is told what takes long, and what is not there.
    """

    def __init__(self, sweep: Sweep, record: Path | None, say: Callable[[str], object]) -> None:
        self.sweep, self.record, self.say = sweep, record, say
        self._told: dict[str, str] = {}
        self._lists: dict[str, Callable[[], Files]] = {}

    def identify_dataset(self, name: str) -> str:
        """Identify what a dataset is made of: images, samples, or a prepared file.

        Returns:
            A line that changes when they do; empty where users bring none.
        """
        dataset = self.sweep.datasets[name]
        if dataset.place is None:
            return ""
        list_files = list_file if dataset.source == "prepared" else list_folder
        if "table" in dataset.settings:
            list_files = partial(list_table, ignore=dataset.settings.get("ignore", ()))
        found = self._identify(f"datasets: {name}", partial(list_files, dataset.place))
        if "unlabelled" not in dataset.settings:
            return found
        list_others = partial(list_unlabelled, dataset.settings["unlabelled"])
        others = self._identify(f"datasets: {name}: unlabelled", list_others)
        return f"{found}; unlabelled: {others}"

    def identify_start(self, name: str | None) -> dict[str, str]:
        """Identify the weights of a start, likewise; nothing of what starts from no `weights:`."""
        start = self.sweep.describe_start(name) or {}
        if "file" in start:
            file = self._identify(f"weights: {name}", partial(list_file, start["file"]))
            return start | {"file": file}
        if (place := start.get("timm", "")).startswith(LOCAL):
            folder = partial(list_folder, place.removeprefix(LOCAL))
            return start | {"timm": self._identify(f"weights: {name}", folder)}
        return start

    def identify_collection(self, kind: str) -> str:
        """Identify "meshes" or "textures", likewise."""
        folder = self.sweep.config["rendering"].get(kind)
        if folder is None:
            return ""
        return self._identify(f"rendering: {kind}", partial(list_folder, folder))

    def keep(self) -> None:
        """Record the contents of what was identified, by which it is known again in a copy."""
        known = read_record(self.record)
        for key, list_files in self._lists.items():
            with suppress(OSError):
                files = list_files()
                about = known.get(key, {}).get(survey(files).timed)
                if about and about["contents"] is None:
                    self.say(f"{key}: recording what {len(files.paths)} files contain")
                    about["contents"] = hash_contents(files)
        self._write(known)

    def _identify(self, key: str, list_files: Callable[[], Files]) -> str:
        """Identify files, once in a run of the workflow.

        Args:
            key: of the configuration, which stays when the files move.
            list_files: raises OSError where there are none; then they are what they were.
        """
        if self.record is None:
            return ""
        if key not in self._told:
            self._lists[key] = list_files
            self._told[key] = self._compare(key, list_files)
        return self._told[key]

    def _compare(self, key: str, list_files: Callable[[], Files]) -> str:
        """Find files among those that were there before: by times, or else by contents."""
        known = read_record(self.record)
        before = known.setdefault(key, {})
        try:
            files = list_files()
        except OSError:
            self.say(f"{key}: the files are not there, and count as what they were")
            return next((about["identity"] for about in reversed(before.values())), GONE)
        now = survey(files)
        if now.timed in before:
            if now.timed != next(reversed(before)):
                before[now.timed] = before.pop(now.timed)  # the last one is what there is
                self._write(known)
        else:
            alike = [about for about in before.values() if about["named"] == now.named]
            contents = None
            if any(about["contents"] for about in alike):
                self.say(f"{key}: other times: comparing what {now.files} files contain")
                contents = hash_contents(files)
            same = [about for about in alike if about["contents"] == contents is not None]
            about = {"identity": str(now), "named": now.named, "contents": contents}
            before[now.timed] = same[0] if same else about
            self._write(known)
        return before[now.timed]["identity"]

    def _write(self, known: dict) -> None:
        with suppress(DataError):  # no place for it, or another's study: it is compared again
            write_record(self.record, known)
