"""The names that torchvision and timm give the parts of a residual network, and ours."""

PARTS = {
    "conv1": "stem.0",
    "bn1": "stem.1",
    **{f"layer{i + 1}": f"layers.{i}" for i in range(4)},
    "fc": "fc",
}


def translate_key(key: str) -> str:
    """Translate a library's name of a weight, such as `layer1.0.conv1.weight`, to ours.

    A name that is not theirs stays as it is.
    """
    part, _, rest = key.partition(".")
    return f"{PARTS[part]}.{rest}" if part in PARTS and rest else key
