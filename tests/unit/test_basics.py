"""Factors, whole files and fingerprints."""

import errno
import shutil

import pytest

from selfstudy import provenance
from selfstudy.errors import ConfigurationError, DataError
from selfstudy.factors import CODES, Factors
from selfstudy.files import write_whole
from selfstudy.sweep.fingerprints import fingerprint_modules, fingerprint_room, fingerprint_run


@pytest.mark.parametrize("code", CODES)
def test_codes_and_letters_mean_the_same(code):
    factors = Factors.parse(code)
    assert factors.code == code
    assert Factors.parse(factors.letters) == factors
    assert Factors.parse(f"{factors.letters}-multi") == factors


def test_letters_are_the_papers():
    assert Factors.parse("1011").letters == "T-VL"


@pytest.mark.parametrize("name", ["", "111", "11111", "1112", "TCLV", "0110-many"])
def test_other_names_are_refused(name):
    with pytest.raises(ConfigurationError, match="expected four digits"):
        Factors.parse(name)


def write_and_fail(path, error):
    with write_whole(path) as temporary:
        temporary.write_text("begun")
        raise error


def test_a_failed_write_leaves_what_was_there(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="half way"):
        write_and_fail(path, RuntimeError("half way"))
    assert [child.name for child in tmp_path.iterdir()] == ["file"]
    assert path.read_text() == "old"


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError("Can't write data (file write failed: errno = 28, error message = 'No space')"),
    ],
)
def test_a_full_disk_is_named(tmp_path, error):
    path = tmp_path / "file"
    with pytest.raises(DataError, match="file: cannot be written: no space left on the disk"):
        write_and_fail(path, error)
    assert not list(tmp_path.iterdir())


def test_fingerprints_tell_texts_apart():
    assert provenance.fingerprint(["ab", "c"]) != provenance.fingerprint(["a", "bc"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "stages"),
    [
        ("methods/rotate.py", {"rotate"}),
        ("methods/base.py", {"rotate", "vae", "finetune"}),
        ("backbones/resnet.py", {"rotate", "vae", "finetune"}),
        ("data/prepare.py", {"prepare"}),
        ("data/rounds.py", {"rotate", "vae", "finetune"}),
        ("data/packed.py", {"prepare", "render"}),
        ("rendering/shapes/__init__.py", {"render"}),
        ("starts/file.py", {"finetune"}),
        ("tasks/classify.py", {"rotate", "vae", "finetune"}),
        ("tasks/depth.py", {"rotate", "vae", "finetune"}),
        ("configuration/authors.py", {"rotate", "vae", "finetune"}),
        ("methods/mine.py", set()),
        ("tasks/mine.py", set()),
        ("backbones/mine.py", set()),
    ],
)
def test_code_counts_where_it_is_run(tmp_path, monkeypatch, changed, stages):
    package = tmp_path / "selfstudy"
    shutil.copytree(provenance.PACKAGE, package)
    monkeypatch.setattr(provenance, "PACKAGE", package)
    run = {"script": "pretrain", "module": "training.run", "backbone": "r9"}

    def forget():
        fingerprint_modules.cache_clear()
        fingerprint_room.cache_clear()

    def fingerprint_stages():
        forget()
        return {
            "render": fingerprint_modules("rendering.render"),
            "prepare": fingerprint_modules("data.prepare"),
            "rotate": fingerprint_run(**run, pretext="rotate"),
            "vae": fingerprint_run(**run, pretext="vae"),
            "finetune": fingerprint_run(**run, pretext="scratch", task="classify"),
        }

    before = fingerprint_stages()
    with (package / changed).open("a") as file:
        file.write("# changed")
    after = fingerprint_stages()
    forget()
    assert {stage for stage in before if before[stage] != after[stage]} == stages
