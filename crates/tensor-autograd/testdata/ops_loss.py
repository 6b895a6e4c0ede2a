import torch
import torch.nn.functional as F
from reflib import case

# Cross-entropy. The constants are those of the tests beside the op.
classes = torch.tensor([2, 0, 3, 0])
weight = torch.tensor([0.5, 1.0, 2.0, 0.25, 1.5])
logits = {"x": ((4, 5), -2.0, 2.0)}


def cross_entropy(name, target, x=logits["x"], **options):
    case(name, lambda x: F.cross_entropy(x, target, **options), x=x)


cross_entropy("cross_entropy", classes)
cross_entropy("cross_entropy_vector", torch.tensor(1), x=((9,), -2.0, 2.0))
cross_entropy(
    "cross_entropy_spatial",
    torch.tensor([0, 1, 2, 2, 1, 0, 1, 1]).reshape(2, 2, 2),
    x=((2, 3, 2, 2), -2.0, 2.0),
)
cross_entropy("cross_entropy_sum", classes, reduction="sum")
cross_entropy("cross_entropy_none", classes, weight=weight, reduction="none")
cross_entropy(
    "cross_entropy_none_spatial",
    torch.tensor([0, 1, 2, 2, 1, 0]).reshape(2, 3),
    x=((2, 3, 3), -2.0, 2.0),
    reduction="none",
)
cross_entropy("cross_entropy_weighted", classes, weight=weight)
cross_entropy("cross_entropy_smoothing", classes, label_smoothing=0.25)
cross_entropy("cross_entropy_smoothing_weighted", classes, label_smoothing=0.25, weight=weight)
cross_entropy(
    "cross_entropy_ignore_index", classes, ignore_index=0, weight=weight, label_smoothing=0.25
)


def soft(name, shape, factor=1.0, **options):
    f = lambda t, x: factor * F.cross_entropy(x, t, **options)
    case("cross_entropy_soft" + name, f, t=(shape, 0.0, 1.0), x=(shape, -2.0, 2.0))


soft("", (4, 5))
soft("_vector", (5,))
soft("_sum", (4, 5), weight=weight, reduction="sum")
soft("_weighted", (4, 5), factor=3.0, label_smoothing=0.25, weight=weight)
soft("_spatial", (2, 5, 3), label_smoothing=0.25, weight=weight, reduction="none")

# Binary cross-entropy.
by_class = torch.tensor([0.5, 1.0, 3.0])


def binary(name, **options):
    f = lambda t, x: F.binary_cross_entropy_with_logits(x, t, **options)
    inputs = dict(t=((2, 3), 0.0, 1.0), x=((2, 3), -3.0, 3.0))
    case("binary_cross_entropy_with_logits" + name, f, **inputs)


binary("")
binary("_weight", weight=by_class)
binary("_pos_weight", pos_weight=2 * by_class, reduction="sum")
binary("_none", weight=by_class, pos_weight=2 * by_class, reduction="none")

# Pointwise losses: input x, target t.
for reduction in ["mean", "sum", "none"]:
    end = "" if reduction == "mean" else "_" + reduction
    mse = lambda t, x: F.mse_loss(x, t, reduction=reduction)
    case("mse_loss" + end, mse, t=(3, 4), x=(3, 4))
    case("l1_loss" + end, lambda t, x: F.l1_loss(x, t, reduction=reduction), t=(6,), x=(6,))
    delta = 0.75 if reduction == "mean" else 0.5
    huber = lambda t, x: F.huber_loss(x, t, delta=delta, reduction=reduction)
    case("huber_loss" + end, huber, t=(4, 3), x=(4, 3))
    kl = lambda t, x: F.kl_div(x, t, reduction=reduction)
    case("kl_div" + end, kl, t=((2, 4), 0.1, 1.0), x=((2, 4), -2.0, 0.0))
    kl = lambda t, x: F.kl_div(x, t, reduction=reduction, log_target=True)
    case("kl_div_log_target" + end, kl, t=((5,), -2.0, 0.0), x=((5,), -2.0, 0.0))
