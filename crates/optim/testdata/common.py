"""The reference format is the engine's: see reflib.py there."""
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent / "tensor-autograd" / "testdata"))

import reflib  # noqa: E402
import torch  # noqa: E402


def save(name, tensors):
    reflib.write(name, tensors, HERE / "reference")


def exact(t):
    """Rounded to numbers that f32 holds, so that both sides start from the same ones."""
    return t.detach().to(torch.float32).to(torch.float64)
