"""Clipped gradients, and an exponential moving average of random weights."""
import torch
from common import exact, save
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim.swa_utils import get_ema_avg_fn

g = torch.Generator().manual_seed(3)
shapes = {"bias": (4,), "weight": (4, 6)}
given = {n: exact(torch.randn(s, generator=g)) for n, s in shapes.items()}
out = {f"input {n}": t for n, t in given.items()}


def clipped(name, clip):
    params = {n: torch.nn.Parameter(torch.zeros_like(t)) for n, t in given.items()}
    for n, p in params.items():
        p.grad = given[n].clone()
    norm = clip(list(params.values()))
    out.update({f"{name} {n}": p.grad for n, p in params.items()})
    return norm


out["norm"] = clipped("clip_norm", lambda p: clip_grad_norm_(p, 1.5))
clipped("clip_norm_loose", lambda p: clip_grad_norm_(p, 100.0))
clipped("clip_value", lambda p: clip_grad_value_(p, 0.7))
save("clip", out)

weights = [exact(torch.randn(3, 5, generator=g)) for _ in range(11)]
average, ema = weights[0].clone(), get_ema_avg_fn(0.9)
means = []
for w in weights[1:]:
    average = ema(average, w, None)
    means.append(average)
save("ema", {"weights": torch.stack(weights), "averages": torch.stack(means)})
