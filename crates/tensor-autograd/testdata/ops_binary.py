import torch
from reflib import case

case("add", lambda a, b: a + b, a=(2, 3), b=(3,))
case("sub", lambda a, b: a - b, a=(2, 1, 3), b=(4, 1))
case("mul", lambda a, b: a * b, a=(2, 3), b=(2, 1))
case("div", lambda a, b: a / b, a=(3,), b=((2, 3), 0.5, 1.5))
case("neg", lambda a: -a, a=(4,))
case("maximum", torch.maximum, **{"input": (2, 3), "other": (3,)})
case("minimum", torch.minimum, **{"input": (3,), "other": (2, 3)})
case("affine", lambda a: 2.0 - (a * 3.0 + 1.0) / 4.0, a=(4,))
case("scalar_over", lambda a: 2.0 / a, a=((4,), 0.5, 1.5))
case("broadcast_to", lambda x: x.broadcast_to(2, 3, 4), x=(3, 1))
