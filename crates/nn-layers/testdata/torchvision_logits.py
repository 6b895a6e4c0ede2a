"""Logits that torchvision's networks give for one batch of 1 picture of 224x224 pixels and one of 8
of 64x64, computed at 64 bits.

    python testdata/torchvision_logits.py  # needs torch, torchvision and numpy

Their weights are too large to keep. Here and in `tests/torchvision.rs` they are made by the same rule:
element i of a tensor is a hash of the tensor's name and of i, scaled as the name asks for.
"""
import pathlib
import sys

import numpy as np
import torch
import torchvision

HERE = pathlib.Path(__file__).parent
sys.path.append(str(HERE.parents[1] / "tensor-autograd" / "testdata"))
from reflib import line  # noqa: E402

CLASSES = 10
NETS = ["resnet18", "resnet34", "resnet50", "mobilenet_v2", "vgg11_bn"]
SIZES = {1: 224, 8: 64}  # pictures in the batch: their side


def unit(name, shape):
    """Uniform in [0, 1) in steps of 2^-24: SplitMix64 of the index, seeded by FNV-1a of the name."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001B3 % 2**64
    n = int(np.prod(shape))
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return ((z >> np.uint64(40)).astype(np.float64) / 2**24).reshape(shape)


def value(name, shape):
    """Weights uniform with variance 2 / fan-in; scales and variances in [0.5, 1.5); shifts and means
    in [-0.1, 0.1)."""
    u = unit(name, shape)
    if len(shape) > 1:
        x = (2 * u - 1) * np.sqrt(6 / np.prod(shape[1:]))
    elif name.endswith((".weight", ".running_var")):
        x = 0.5 + u
    else:
        x = 0.2 * (u - 0.5)
    return torch.from_numpy(x.astype(np.float32))


def fill(net):
    for name, t in net.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            t.copy_(value(name, tuple(t.shape)))
    return net.eval()


def pictures(n):
    u = unit("pictures", (n, 3, SIZES[n], SIZES[n]))
    return torch.from_numpy(((u - 0.5) * np.sqrt(12)).astype(np.float32))


def main():
    torch.set_default_dtype(torch.float32)
    with open(HERE / "torchvision_logits.txt", "w") as f:
        f.write(f"# PyTorch {torch.__version__}, torchvision {torchvision.__version__}\n")
        for name in NETS:
            net = fill(torchvision.models.get_model(name, weights=None, num_classes=CLASSES)).double()
            for n in SIZES:
                with torch.no_grad():
                    f.write(line(f"{name} {n}", net(pictures(n).double())))


if __name__ == "__main__":
    main()
