"""The ray tracer's kernels compile for GPUs, the oldest and the newest that PyTorch serves.

A GPU that was given is used, or it is said why not.
"""

import pytest
import warp as wp

from selfstudy.devices import VISIBLE
from selfstudy.errors import ConfigurationError
from selfstudy.rendering import coverage, kernels
from selfstudy.rendering.raytrace import find_device

MODULES = [(kernels, ("find_roots", "draw_colors", "draw_targets")), (coverage, ("mark_covered",))]


@pytest.mark.slow
@pytest.mark.parametrize(("module", "names"), MODULES)
@pytest.mark.parametrize("architecture", [75, 120])
def test_kernels_compile_for_gpus(architecture, module, names, tmp_path):
    wp.init()
    (path,) = wp.compile_aot_module(module, arch=architecture, module_dir=tmp_path, use_ptx=True)
    text = path.read_text()
    assert f".target sm_{architecture}" in text
    for kernel in names:
        assert f".entry {kernel}_" in text


def test_a_gpu_that_cannot_trace_is_said(monkeypatch):
    if wp.is_cuda_available():
        pytest.skip("it can")
    monkeypatch.setenv(VISIBLE, "GPU-a")
    message = r"^GPU GPU-a is there, and Warp \d.* needs a driver for CUDA \d+\.\d+: .*VISIBLE"
    with pytest.raises(ConfigurationError, match=message):
        find_device()
    monkeypatch.setenv(VISIBLE, "")
    assert find_device().is_cpu
