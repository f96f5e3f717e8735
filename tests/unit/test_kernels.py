"""The ray tracer's kernels compile for GPUs, the oldest and the newest that PyTorch serves."""

import pytest
import warp as wp

from selfstudy.rendering import coverage, kernels

MODULES = [(kernels, ("find_roots", "draw_colors", "draw_targets")), (coverage, ("mark_covered",))]


@pytest.mark.parametrize(("module", "names"), MODULES)
@pytest.mark.parametrize("architecture", [75, 120])
def test_kernels_compile_for_gpus(architecture, module, names, tmp_path):
    wp.init()
    (path,) = wp.compile_aot_module(module, arch=architecture, module_dir=tmp_path, use_ptx=True)
    text = path.read_text()
    assert f".target sm_{architecture}" in text
    for kernel in names:
        assert f".entry {kernel}_" in text
