"""Writes reference files: PyTorch's values and gradients of one case, computed at 64 bits.

    python testdata/make_all.py            # needs torch and numpy; remakes every file

A case is a name, a function of tensors, and for each argument its shape, (shape, low, high), or the
numbers themselves.
"""
import pathlib
import zlib

import torch

torch.set_default_dtype(torch.float64)
FOLDER = pathlib.Path(__file__).parent / "reference"


def draw(generator, spec):
    """Uniform numbers that f32 holds exactly; a tensor is taken as it is."""
    if isinstance(spec, torch.Tensor):
        return spec.clone()
    shape, low, high = spec if len(spec) == 3 and isinstance(spec[0], tuple) else (spec, -1.0, 1.0)
    u = torch.rand(shape, generator=generator)
    return (low + (high - low) * u).to(torch.float32).to(torch.float64)


def line(name, t):
    numbers = " ".join(repr(x) for x in t.detach().to(torch.float64).flatten().tolist())
    return f"{name} {list(t.shape)} {numbers}\n"


def write(name, tensors, folder=FOLDER):
    """A file of named tensors."""
    folder.mkdir(exist_ok=True)
    with open(folder / f"{name}.txt", "w") as f:
        f.write(f"# PyTorch {torch.__version__}\n")
        for key, t in tensors.items():
            f.write(line(key, t))


def case(name, function, folder=FOLDER, **inputs):
    """`function(**inputs)`: its value, and its gradients under a random cotangent."""
    g = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    xs = {k: draw(g, s).requires_grad_() for k, s in inputs.items()}
    y = function(**xs)
    u = draw(g, (tuple(y.shape), 0.5, 1.5))
    (y * u).sum().backward()
    out = {f"input {k}": x for k, x in xs.items()}
    out |= {"cotangent": u, "output": y}
    out |= {f"grad {k}": x.grad for k, x in xs.items() if x.grad is not None}
    write(name, out, folder)
