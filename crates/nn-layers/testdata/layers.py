"""Reference values of every layer in training mode: its state, output, gradients and buffers.

    python testdata/layers.py              # needs torch, torchvision and numpy; remakes every file
"""
import pathlib
import sys
import zlib

import torch
import torch.nn as nn
from torchvision.models.resnet import BasicBlock, Bottleneck

HERE = pathlib.Path(__file__).parent
sys.path.append(str(HERE.parents[1] / "tensor-autograd" / "testdata"))
from reflib import draw, write  # noqa: E402

FOLDER = HERE / "reference"


def layer(name, module, shape):
    """`module` with drawn parameters, run once on a drawn input of `shape`."""
    g = torch.Generator().manual_seed(zlib.crc32(name.encode()))
    module = module.double().train()
    for p in module.parameters():
        p.data = draw(g, tuple(p.shape))
    for key, b in module.named_buffers():
        if b.is_floating_point():
            b.copy_(draw(g, (tuple(b.shape), 0.5, 1.5)))
    out = {f"state {k}": v.clone() for k, v in module.state_dict().items()}
    x = draw(g, shape).requires_grad_()
    y = module(x)
    u = draw(g, (tuple(y.shape), 0.5, 1.5))
    (y * u).sum().backward()
    out |= {"input x": x, "cotangent": u, "output": y, "grad x": x.grad}
    out |= {f"grad {k}": p.grad for k, p in module.named_parameters()}
    out |= {f"after {k}": b for k, b in module.named_buffers()}
    write(name, out, FOLDER)


layer("linear", nn.Linear(4, 3), (2, 4))
layer("linear_no_bias", nn.Linear(3, 2, bias=False), (3,))
layer("linear_sequence", nn.Linear(3, 4), (2, 5, 3))
layer("flatten", nn.Flatten(), (2, 3, 2))
layer("flatten_from_axis_2", nn.Flatten(2), (2, 3, 2, 2))
layer("identity", nn.Identity(), (2, 3))

layer("relu", nn.ReLU(), (2, 3))
layer("relu6", nn.ReLU6(), (2, 3))
layer("leaky_relu", nn.LeakyReLU(0.2), (2, 3))
layer("leaky_relu_default", nn.LeakyReLU(), (2, 3))
layer("elu", nn.ELU(0.7), (2, 3))
layer("elu_default", nn.ELU(), (2, 3))
layer("gelu", nn.GELU(), (2, 3))
layer("gelu_tanh", nn.GELU("tanh"), (2, 3))
layer("silu", nn.SiLU(), (2, 3))
layer("softplus", nn.Softplus(), (2, 3))
layer("tanh", nn.Tanh(), (2, 3))
layer("sigmoid", nn.Sigmoid(), (2, 3))
layer("softmax", nn.Softmax(-1), (2, 3))
layer("log_softmax", nn.LogSoftmax(-1), (2, 3))

layer("conv1d", nn.Conv1d(2, 3, 3), (2, 2, 6))
layer("conv1d_options", nn.Conv1d(2, 4, 2, 2, 1, 2, groups=2), (1, 2, 7))
layer("conv2d", nn.Conv2d(2, 3, 3), (2, 2, 5, 4))
layer("conv2d_strided", nn.Conv2d(2, 2, 3, 2, 1, bias=False), (1, 2, 5, 6))
layer("conv2d_dilated", nn.Conv2d(1, 2, (3, 2), 1, (1, 0), (1, 2)), (2, 1, 4, 5))
layer("conv2d_grouped", nn.Conv2d(4, 2, 2, groups=2), (1, 4, 3, 3))
layer("conv_transpose2d", nn.ConvTranspose2d(2, 3, 3), (2, 2, 3, 2))
layer("conv_transpose2d_strided", nn.ConvTranspose2d(2, 1, 3, 2, 1, 1), (1, 2, 3, 3))
layer(
    "conv_transpose2d_grouped",
    nn.ConvTranspose2d(2, 4, 2, groups=2, bias=False, dilation=(2, 1)),
    (1, 2, 2, 3),
)

layer("batch_norm1d", nn.BatchNorm1d(3), (5, 3))
layer("batch_norm1d_sequence", nn.BatchNorm1d(2, eps=1e-3, momentum=0.3), (3, 2, 4))
layer("batch_norm2d", nn.BatchNorm2d(2), (3, 2, 2, 3))
layer("batch_norm2d_no_affine", nn.BatchNorm2d(2, affine=False), (2, 2, 3, 2))
layer("layer_norm", nn.LayerNorm(4), (2, 3, 4))
layer("layer_norm_two_axes", nn.LayerNorm((3, 2), eps=1e-3), (2, 3, 2))
layer("layer_norm_no_affine", nn.LayerNorm(5, elementwise_affine=False), (2, 5))
layer("group_norm", nn.GroupNorm(2, 4), (2, 4, 3))
layer("group_norm_images", nn.GroupNorm(3, 3, eps=1e-3), (2, 3, 2, 3))
layer("group_norm_no_affine", nn.GroupNorm(1, 2, affine=False), (2, 2, 2))

layer("max_pool2d", nn.MaxPool2d(2), (2, 2, 4, 6))
layer("max_pool2d_options", nn.MaxPool2d((3, 2), 2, 1, (1, 2)), (1, 2, 6, 5))
layer("max_pool2d_ceil", nn.MaxPool2d(3, 2, ceil_mode=True), (1, 1, 6, 5))
layer("avg_pool2d", nn.AvgPool2d(2), (2, 2, 4, 5))
layer("avg_pool2d_options", nn.AvgPool2d(3, 2, 1, count_include_pad=False), (1, 2, 5, 6))
layer("avg_pool2d_padded", nn.AvgPool2d(3, 2, 1, ceil_mode=True), (1, 1, 6, 5))
layer("adaptive_avg_pool2d", nn.AdaptiveAvgPool2d((3, 2)), (1, 2, 5, 5))
layer("max_pool1d", nn.MaxPool1d(2), (2, 2, 6))
layer("max_pool1d_options", nn.MaxPool1d(3, 2, 1, 2, ceil_mode=True), (1, 2, 8))
layer("avg_pool1d", nn.AvgPool1d(2), (2, 2, 5))
layer("avg_pool1d_options", nn.AvgPool1d(3, 2, 1, count_include_pad=False), (1, 2, 6))
layer("adaptive_avg_pool1d", nn.AdaptiveAvgPool1d(3), (1, 2, 7))


def shortcut(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, 2, bias=False), nn.BatchNorm2d(outputs))


layer("basic_block", BasicBlock(2, 2), (2, 2, 3, 3))
layer("basic_block_strided", BasicBlock(2, 3, 2, shortcut(2, 3)), (2, 2, 4, 4))
layer("bottleneck", Bottleneck(2, 1, 2, shortcut(2, 4)), (2, 2, 4, 4))


def embedding():
    """The one layer whose input has no gradient."""
    g = torch.Generator().manual_seed(zlib.crc32(b"embedding"))
    table = nn.Embedding(5, 3).double()
    table.weight.data = draw(g, (5, 3))
    indices = torch.tensor([[4, 0], [2, 4]])
    y = table(indices)
    u = draw(g, (tuple(y.shape), 0.5, 1.5))
    (y * u).sum().backward()
    out = {"state weight": table.weight, "indices": indices, "cotangent": u, "output": y}
    write("embedding", out | {"grad weight": table.weight.grad}, FOLDER)


embedding()
