"""A small net with batch normalisation, trained for three steps and saved by PyTorch's safetensors,
at 32 bits and at bfloat16, with the logits that PyTorch gives for one batch.

    python testdata/small_net.py           # needs torch, safetensors and numpy
"""
import pathlib
import sys

import torch
import torch.nn as nn
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
sys.path.append(str(HERE.parents[1] / "tensor-autograd" / "testdata"))
from reflib import write  # noqa: E402

torch.set_default_dtype(torch.float32)
torch.manual_seed(0)
net = nn.Sequential(
    nn.Conv2d(1, 4, 3),
    nn.BatchNorm2d(4),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Flatten(),
    nn.Linear(4 * 3 * 3, 8),
    nn.BatchNorm1d(8),
    nn.ReLU(),
    nn.Linear(8, 3),
)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for _ in range(3):
    optimizer.zero_grad()
    x, y = 1 + 2 * torch.randn(16, 1, 8, 8), torch.randint(3, (16,))
    nn.functional.cross_entropy(net(x), y).backward()
    optimizer.step()

net.eval()
x = torch.randn(5, 1, 8, 8)
out = {"input": x}
for suffix, dtype in [("", torch.float32), ("_bf16", torch.bfloat16)]:
    state = {k: v.to(dtype) if v.is_floating_point() else v for k, v in net.state_dict().items()}
    save_file(state, HERE / f"small_net{suffix}.safetensors", metadata={"format": "pt"})
    net.load_state_dict(state)  # the rounded weights, at full width
    with torch.no_grad():
        out[f"logits{suffix}"] = net.double()(x.double())
    net.float()
write("small_net", out, HERE)
