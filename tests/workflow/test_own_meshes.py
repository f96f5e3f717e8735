"""A user's meshes and textures, from their folders to finetuned networks."""

import h5py
import pandas as pd
import pytest
import yaml
from own_meshes import write_meshes, write_textures


@pytest.fixture
def own(new_study, pytestconfig):
    """Three classes of meshes; single objects, and scenes of several."""
    dense = pytestconfig.rootpath / "tests/workflow/dense.yaml"
    new_study.config = yaml.safe_load(dense.read_text())
    new_study.config |= {
        "datasets": {
            "1010": {"source": "render", "images": 120, "resolution": 16},
            "1111-multi": {"source": "render", "images": 60, "resolution": 32},
        },
        "rendering": {
            "resolution": 32,
            "seed": 0,
            "meshes": "mine/meshes",
            "textures": "mine/textures",
            "viewpoint": 0.2,
        },
        "backbones": ["r9", "r50"],
        "pretext": ["scratch"],
        "tasks": {
            "classify": {"labels": [20], "backbones": ["r9"]},
            "segment": {"labels": [10], "backbones": ["r50"]},
        },
    }
    folder = new_study.folder / "mine"
    write_meshes(folder / "meshes", count=13)
    write_textures(folder / "textures", count=12)
    (folder / "meshes/ball/broken.obj").write_text("nothing")
    return new_study


def test_own_meshes_go_through_the_whole_workflow(own):
    own.snakemake()
    runs = pd.read_csv(own.folder / "results/tables/runs.csv", dtype={"dataset": str})
    assert runs.set_index("dataset")["task"].to_dict() == {
        "1010": "classify",
        "1111-multi": "segment",
    }
    for name in ("1010/data_16_lab", "1111-multi/data_32_lab"):
        with h5py.File(own.folder / f"data/prepared/{name}.h5") as file:
            assert list(file.attrs["classes"]) == ["ball", "block", "tube"]
    assert (own.folder / "results/figures/fig2.png").is_file()
    log = (own.folder / "logs/data/meshes.log").read_text()
    assert "left out: mine/meshes/ball/broken.obj: cannot be read as a mesh" in log
    assert own.planned() == {}

    # A class that runs out of meshes is named, and what was there is kept.
    for number in range(2):
        (own.folder / f"mine/meshes/tube/{number}.obj").unlink()
    output = own.snakemake(fails=True)
    assert "mine/meshes/tube: 11 sound meshes of 11: expected one at least" in output
    assert (own.folder / "data/packed/1010/imgs_00.h5").is_file()
