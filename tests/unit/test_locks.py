"""Locks between processes, on file systems with and without `flock`, on this host and elsewhere."""

import errno
import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict, replace

import h5py
import pytest

from selfstudy import locks
from selfstudy.data.hdf5 import open_hdf5
from selfstudy.errors import DataError, InterruptionError
from selfstudy.holders import Holder
from selfstudy.locks import HeldError, Lock

MISSING = [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK, errno.EIO, errno.EINVAL]
HELD = """
import fcntl, os, sys, time
from selfstudy.locks import Lock
def missing(*arguments):
    raise OSError(int(sys.argv[2]), os.strerror(int(sys.argv[2])))
if sys.argv[2] != "0":
    fcntl.flock = missing
print(Lock(sys.argv[1]).take(), flush=True)
time.sleep(600)
"""


def lose_flock(monkeypatch, number):
    """Have the file system know no `flock`, as it would say."""

    def missing(file, kind):
        raise OSError(number, os.strerror(number))

    if number:
        monkeypatch.setattr(fcntl, "flock", missing)


@pytest.fixture(params=[0, *MISSING], ids=lambda number: errno.errorcode.get(number, "flock"))
def number(request, monkeypatch):
    """A file system with `flock`, and those without, by their error."""
    lose_flock(monkeypatch, request.param)
    monkeypatch.setattr(locks, "SETTLE", 0)
    return request.param


@pytest.fixture
def path(tmp_path):
    return tmp_path / ".lock"


def write_record(path, **changes):
    """A record of this process, except for some changes."""
    record = replace(Holder.make(), **changes)
    path.write_text(json.dumps(asdict(record)))
    return record


def test_one_has_it_at_a_time(number, path):
    first, second = Lock(path), Lock(path)
    with first:
        assert not second.take()
        assert second.find_holder().pid == os.getpid()
        with pytest.raises(HeldError, match=rf"\.lock: held by process {os.getpid()} on \S+"):
            second.acquire(timeout=0)
        first.check()
    assert not path.exists()
    assert second.find_holder() is None
    assert second.take()
    assert not first.take()
    second.release()
    assert not list(path.parent.iterdir())


def test_that_of_a_process_that_was_killed_is_free(number, path):
    words = [sys.executable, "-c", HELD, str(path), str(number)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "True\n"
            assert not Lock(path).take()
            assert Lock(path).find_holder().pid == process.pid
        finally:
            process.kill()
    assert json.loads(path.read_text())["pid"] == process.pid
    assert Lock(path).find_holder() is None
    with Lock(path) as lock:
        lock.check()
        assert lock.find_holder().pid == os.getpid()


def test_numbers_of_processes_come_again(number, path):
    write_record(path, started="1", token="another")
    with Lock(path) as lock:
        lock.check()


def test_one_elsewhere_has_it_while_it_shows(number, path, monkeypatch):
    monkeypatch.setattr(locks, "LEASE", 600)
    write_record(path, place="elsewhere", host="node7", pid=1234)
    lock = Lock(path)
    assert not lock.take()
    assert str(lock.find_holder()) == "process 1234 on node7"
    shown = threading.Timer(0.2, os.utime, [path, (2e9, 2e9)])
    shown.start()
    with pytest.raises(HeldError, match="process 1234 on node7"):
        lock.acquire(timeout=0)
    assert path.stat().st_mtime == (2e9), "it is refused when the other one has shown"


@pytest.mark.slow
def test_one_elsewhere_that_does_not_show_is_gone(number, path, monkeypatch, caplog):
    monkeypatch.setattr(locks, "LEASE", 1)
    write_record(path, place="elsewhere", host="node7")
    with Lock(path) as lock:
        assert lock.find_holder().pid == os.getpid()
    write_record(path, place="elsewhere", host="node7")
    lock = Lock(path)
    lock.acquire(timeout=0)
    lock.release()
    assert "waiting to see whether that is alive" in caplog.text
    write_record(path, place="elsewhere", host="node7")
    os.utime(path, (0, 0))
    assert lock.take()
    lock.release()


def test_the_holder_shows_itself(number, path, monkeypatch):
    monkeypatch.setattr(locks, "BEAT", 0.02)
    with Lock(path):
        os.utime(path, (0, 0))
        end = time.monotonic() + 60
        while path.stat().st_mtime == 0:
            assert time.monotonic() < end
            time.sleep(0.01)


def test_who_has_lost_it_is_told(number, path):
    lock = Lock(path)
    assert lock.take()
    write_record(path, host="node7", place="elsewhere", pid=5)
    with pytest.raises(InterruptionError, match=r"\.lock: taken over by process 5 on node7"):
        lock.check()
    lock.release()
    assert lock.find_holder().host == "node7", "the other one's stays"


def test_of_those_who_take_it_over_the_last_has_it(path, monkeypatch):
    lose_flock(monkeypatch, errno.ENOSYS)
    write_record(path, started="1")
    sleep = time.sleep

    def meanwhile(seconds):
        if seconds == locks.SETTLE:
            write_record(path, token="the last")
        else:
            sleep(seconds)

    monkeypatch.setattr(time, "sleep", meanwhile)
    assert not Lock(path).take()
    assert Lock(path).find_holder().token == "the last"


def test_many_take_over_one(path):
    write_record(path, started="1")
    taken, start = [], threading.Barrier(8)

    def contend():
        lock = Lock(path)
        start.wait()
        taken.append(lock.take())

    threads = [threading.Thread(target=contend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(taken) <= 1, "those who meet may all have to try again"
    assert len(taken) == 8


def test_without_links(number, path, monkeypatch):
    def missing(*names):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", missing)
    with Lock(path) as lock:
        lock.check()
        assert not Lock(path).take()
    with Lock(path):
        pass
    assert not list(path.parent.iterdir())


def test_who_is_interrupted_holds_nothing(number, path, monkeypatch):
    real = os.link

    def interrupted(*names):
        real(*names)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(os, "link", interrupted)
        with pytest.raises(KeyboardInterrupt):
            Lock(path).take()
    assert not list(path.parent.iterdir())
    with Lock(path) as lock:
        lock.check()


def test_what_was_left_empty_is_free(number, path):
    path.touch()
    with Lock(path):
        assert not Lock(path).take()


def test_what_another_program_has_locked_is_held(path):
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert not Lock(path).take()
        assert Lock(path).find_holder() is not None
    assert Lock(path).find_holder() is None


def test_a_file_that_cannot_be_opened(number, path):
    path.mkdir()
    message = r"\.lock: cannot be opened or written, to tell who works here: "
    with pytest.raises(DataError, match=f"{message}Is a directory"):
        Lock(path).take()
    with pytest.raises(DataError, match=f"{message}No such file"):
        Lock(path / "none" / ".lock").take()


def test_the_log_names_the_file_system(path, monkeypatch, caplog):
    lose_flock(monkeypatch, errno.EOPNOTSUPP)
    with caplog.at_level("INFO", "selfstudy"), Lock(path):
        pass
    with Lock(path):
        pass
    said = f"{path.parent}: its file system cannot lock files (Operation not supported)"
    assert caplog.text.count(said) == 1


def test_hdf5_files_are_read_where_they_cannot_be_locked(tmp_path):
    path = tmp_path / "data.h5"
    with h5py.File(path, "w") as file:
        file["images"] = [1, 2]
    with path.open() as locked:
        fcntl.flock(locked, fcntl.LOCK_EX)  # another lock fails here
        with open_hdf5(path) as file:
            assert file["images"][:].tolist() == [1, 2]
