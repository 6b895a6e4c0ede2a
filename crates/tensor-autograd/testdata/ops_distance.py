import torch.nn.functional as F
from reflib import case


def squared(a, b):
    return ((a[:, None] - b) ** 2).sum(-1)


def pairs(a, b):
    return F.cosine_similarity(a[:, None], b[None], dim=-1)


case("cosine_similarity", lambda a, b: F.cosine_similarity(a, b), a=(3, 4), b=(3, 4))
case("cosine_similarity_pairs", pairs, a=(3, 4), b=(2, 4))
case("cdist_squared", squared, a=(3, 4), b=(2, 4))
case("cdist_squared_self", lambda a: squared(a, a), a=(3, 4))
