"""Factors, whole files and fingerprints."""

import errno

import pytest

from selfstudy import provenance
from selfstudy.errors import ConfigurationError, DataError
from selfstudy.factors import CODES, Factors
from selfstudy.files import written_whole


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
    with written_whole(path) as temporary:
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


def test_every_stage_has_its_own_fingerprint():
    fingerprints = {provenance.code_fingerprint(stage) for stage in provenance.CODE}
    assert len(fingerprints) == len(provenance.CODE)
    assert provenance.fingerprint(["ab", "c"]) != provenance.fingerprint(["a", "bc"])
