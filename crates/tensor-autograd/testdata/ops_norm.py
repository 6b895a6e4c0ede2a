import torch
import torch.nn.functional as F
from reflib import case

EPS = 1e-3
running = dict(running_mean=torch.tensor([0.25, -0.5]), running_var=torch.tensor([1.5, 0.75]))
affine = lambda c: dict(b=(c,), g=((c,), 0.5, 1.5))


def train(b, g, x):
    return F.batch_norm(x, None, None, g, b, training=True, eps=EPS)


def infer(b, g, x):
    return F.batch_norm(x, weight=g, bias=b, training=False, eps=EPS, **running)


case("batch_norm", train, **affine(2), x=(5, 2))
case("batch_norm_image", train, **affine(2), x=(2, 2, 4, 5))
case("batch_norm_small_image", train, **affine(3), x=(4, 3, 2))
case("batch_norm_plain", lambda x: train(None, None, x), x=(6, 2))
case("batch_norm_scaled", lambda g, x: train(None, g, x), g=((2,), 0.5, 1.5), x=(6, 2))
case("batch_norm_with", infer, **affine(2), x=(4, 2))
case("batch_norm_with_image", infer, **affine(2), x=(2, 2, 4, 4))
case("batch_norm_with_plain", lambda x: infer(None, None, x), x=(2, 2, 3))

layer = lambda b, g, x: F.layer_norm(x, g.shape, g, b, EPS)
case("layer_norm", layer, **affine(5), x=(4, 5))
case("layer_norm_two_axes", layer, b=(3, 4), g=((3, 4), 0.5, 1.5), x=(2, 3, 4))
case("layer_norm_plain", lambda x: F.layer_norm(x, (6,), eps=EPS), x=(2, 2, 6))
case("layer_norm_shifted", lambda b, x: F.layer_norm(x, (6,), None, b, EPS), b=(6,), x=(3, 6))

group = lambda groups: lambda b, g, x: F.group_norm(x, groups, g, b, EPS)
case("group_norm", group(2), **affine(4), x=(2, 4, 2, 3))
case("group_norm_instance", group(3), **affine(3), x=(2, 3, 4))
case("group_norm_rows", lambda x: F.group_norm(x, 2, eps=EPS), x=(3, 6))


def philox(key, counter):
    """Philox4x32-10 (Salmon et al., 2011)."""
    word = 0xFFFFFFFF
    (a, b, c, d), k0, k1 = counter, key & word, key >> 32
    for _ in range(10):
        p, q = a * 0xD2511F53, c * 0xCD9E8D57
        a, b, c, d = q >> 32 ^ b ^ k0, q & word, p >> 32 ^ d ^ k1, p & word
        k0, k1 = k0 + 0x9E3779B9 & word, k1 + 0xBB67AE85 & word
    return a, b, c, d


def dropout(x, p=0.25, key=0x0123456789ABCDEF):
    """PyTorch's masks cannot be had elsewhere: its dropout with our mask."""
    words = [philox(key, (i // 4, 0, 0, 0))[i % 4] for i in range(x.numel())]
    kept = torch.tensor([w >= p * 2**32 for w in words]).reshape(x.shape)
    return x * kept / (1 - p)


case("dropout", dropout, x=(5, 9))
