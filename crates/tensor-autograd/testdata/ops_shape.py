import torch
import torch.nn.functional as F
from reflib import case

case("reshape", lambda x: x.reshape(3, 4), x=(2, 6))
case("reshape_flatten", lambda x: x.flatten(1), x=(2, 3, 2))
case("reshape_squeeze", lambda x: x.squeeze(-2).unsqueeze(0), x=(2, 1, 3))
case("slice", lambda x: x[..., 1:4], x=(2, 5))
case("slice_first", lambda x: x[1:], x=(3, 2, 2))
case("slice_middle", lambda x: x[:, :2], x=(2, 3, 2))
case("select", lambda x: x.select(1, 2), x=(2, 3, 2))
case("pad", lambda x: F.pad(x, (2, 1, 1, 0), value=0.5), x=(2, 2, 3))
case("concat", lambda a, b: torch.cat([a, b, a], 1), a=(2, 3), b=(2, 1))
case("concat_first", lambda a, b: torch.cat([a, b], 0), a=(1, 2, 2), b=(2, 2, 2))
case("concat_stack", lambda a, b: torch.stack([a, b], -1), a=(2, 3), b=(2, 3))
case("permute", lambda x: x.permute(2, 0, 1), x=(2, 3, 4))
case("permute_transpose", lambda x: x.transpose(-1, 0), x=(3, 4))
