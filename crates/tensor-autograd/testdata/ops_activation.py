import torch
import torch.nn.functional as F
from reflib import case

WIDE = ((4, 5), -4.0, 4.0)

case("relu", lambda x: F.relu(x), x=WIDE)
case("leaky_relu", lambda x: F.leaky_relu(x, 0.1), x=WIDE)
case("elu", lambda x: F.elu(x, 1.5), x=WIDE)
case("gelu", lambda x: F.gelu(x), x=WIDE)
case("gelu_tanh", lambda x: F.gelu(x, approximate="tanh"), x=WIDE)
case("silu", lambda x: F.silu(x), x=WIDE)
case("softplus", lambda x: F.softplus(x), x=WIDE)
case("tanh", lambda x: torch.tanh(x), x=WIDE)
case("sigmoid", lambda x: torch.sigmoid(x), x=WIDE)


class Reverse(torch.autograd.Function):
    """The definition of the paper, in PyTorch's terms."""

    @staticmethod
    def forward(ctx, x, factor):
        ctx.factor = factor
        return x.view_as(x)

    @staticmethod
    def backward(ctx, dy):
        return -ctx.factor * dy, None


case("gradient_reversal", lambda x: Reverse.apply(Reverse.apply(x, 4.0), 0.25), x=(2, 3))
case("gradient_reversal_once", lambda x: Reverse.apply(x * x, 0.3), x=(2, 3))
