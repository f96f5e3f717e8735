"""A copy's files get their times back; others keep what Snakemake notices them by."""

import os
import shutil

import pytest

from selfstudy.sweep.records import find_files
from selfstudy.sweep.times import Times

SNAPSHOT, METRICS = "results/snapshot.pt", "results/metrics.csv"
FIRST, SECOND, THIRD = 10**18, 11 * 10**17, 12 * 10**17  # nanoseconds: 2001, 2004, 2008
MADE = {SNAPSHOT: FIRST, METRICS: SECOND}


class Project:
    """A folder in which a snapshot was made, and metrics of it."""

    def __init__(self, folder, monkeypatch):
        self.folder, self.monkeypatch = folder, monkeypatch
        self.record = folder / ".snakemake/times.json"

    def make(self, path, content, time):
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(content)
        os.utime(self.folder / path, ns=(time, time))

    def copy(self, name, copy_function=shutil.copyfile):
        """As `cp -r` does; the snapshot is copied last."""
        folder = self.folder.with_name(name)
        shutil.copytree(self.folder, folder, copy_function=copy_function)
        if copy_function is shutil.copyfile:
            (folder / METRICS).touch()
            (folder / SNAPSHOT).touch()
        return type(self)(folder, self.monkeypatch)

    def start(self):
        """Begin a run of the workflow; give the files' times."""
        self.monkeypatch.chdir(self.folder)
        Times(self.record, lambda line: None).put_right()
        return {path: (self.folder / path).stat().st_mtime_ns for path in MADE}

    def finish(self):
        self.monkeypatch.chdir(self.folder)
        Times(self.record, lambda line: None).keep([*MADE, "missing"])

    def is_current(self):
        """Whether the metrics are newer than the snapshot, once a run has begun."""
        times = self.start()
        return times[METRICS] > times[SNAPSHOT]


@pytest.fixture
def project(tmp_path, monkeypatch):
    project = Project(tmp_path / "project", monkeypatch)
    for path, time in MADE.items():
        project.make(path, path, time)
    project.finish()
    return project


def test_a_copys_files_get_their_times_back(project):
    copy = project.copy("copy")
    assert (copy.folder / SNAPSHOT).stat().st_mtime_ns > MADE[SNAPSHOT]
    assert copy.start() == MADE
    assert copy.copy("copy of it").start() == MADE
    assert project.start() == MADE


def test_a_copy_that_has_kept_its_times_is_left_alone(project):
    assert project.copy("copy", shutil.copy2).start() == MADE


def test_what_is_out_of_date_is_so_in_a_copy(project):
    """The snapshot was made again, and the run killed; the copy's times say otherwise."""
    project.make(SNAPSHOT, "other", THIRD)
    assert not project.is_current()
    copy = project.copy("copy")
    (copy.folder / METRICS).touch()
    assert not copy.is_current()
    project.finish()
    copy = project.copy("another")
    (copy.folder / METRICS).touch()
    assert not copy.is_current()


def test_what_was_made_of_it_before_the_run_was_killed_is_current_in_a_copy(project):
    project.make(METRICS, "other", THIRD)
    assert project.copy("copy").is_current()


def test_what_was_made_again_or_touched_is_left_to_snakemake(project):
    for content in ("other", SNAPSHOT):
        project.make(SNAPSHOT, content, THIRD)
        assert project.start()[SNAPSHOT] == THIRD


def test_other_files_with_old_times_are_noticed(project):
    """Those of the same contents only have their time back."""
    project.make(SNAPSHOT, "other, older", 10**9)
    assert not project.is_current()
    project.make(SNAPSHOT, SNAPSHOT, 10**9)
    assert project.start() == MADE


def test_another_file_of_the_same_time_is_noticed_by_its_size(project):
    project.make(SNAPSHOT, "other", MADE[SNAPSHOT])
    assert not project.is_current()


@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_without_a_record_nothing_is_touched(project, content):
    project.record.write_text(content)
    project.make(SNAPSHOT, SNAPSHOT, 5)
    assert project.start()[SNAPSHOT] == 5
    project.record.unlink()
    assert project.start()[SNAPSHOT] == 5


def test_files_are_found_by_the_patterns_of_rules(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in ("a/x/n10/metrics.csv", "a/y/n20/metrics.csv", "a/x/n10/seed0/metrics.csv", "b.md"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    patterns = [r"a/{dataset,x|y}/n{labels,\d+}/metrics.csv", "b.md", "c/{missing}"]
    found = sorted(find_files(patterns))
    assert found == ["a/x/n10/metrics.csv", "a/y/n20/metrics.csv", "b.md"]
