import torch
import torch.nn.functional as F
from reflib import case

case("matmul", torch.matmul, **{"input": (3, 4), "other": (4, 5)})
case("matmul_batched", torch.matmul, **{"input": (2, 3, 4), "other": (2, 4, 2)})
case("matmul_tall", torch.matmul, **{"input": (2, 2, 3), "other": (3, 4)})
case("matmul_left_once", torch.matmul, **{"input": (2, 3), "other": (3, 3, 2)})
case("matmul_broadcast", torch.matmul, **{"input": (2, 1, 2, 3), "other": (1, 3, 3, 2)})
case("matmul_vectors", torch.matmul, **{"input": (4,), "other": (4,)})
case("matmul_left_vector", torch.matmul, **{"input": (3,), "other": (2, 3, 4)})
case("matmul_right_vector", torch.matmul, **{"input": (2, 3, 4), "other": (4,)})

linear = lambda b, w, x: F.linear(x, w, b)
case("linear", linear, b=(3,), w=(3, 4), x=(5, 4))
case("linear_unbiased", lambda w, x: F.linear(x, w), w=(3, 4), x=(2, 4))
case("linear_leading_axes", linear, b=(2,), w=(2, 3), x=(2, 2, 3))
case("linear_vector", linear, b=(2,), w=(2, 3), x=(3,))

case("softmax", lambda x: x.softmax(-1), x=((3, 11), -2.0, 2.0))
case("softmax_axis0", lambda x: x.softmax(0), x=((4, 3), -2.0, 2.0))
case("softmax_middle", lambda x: x.softmax(1), x=((2, 3, 4), -2.0, 2.0))
case("log_softmax", lambda x: x.log_softmax(-1), x=((3, 11), -2.0, 2.0))
case("log_softmax_middle", lambda x: x.log_softmax(1), x=((2, 3, 4), -2.0, 2.0))
