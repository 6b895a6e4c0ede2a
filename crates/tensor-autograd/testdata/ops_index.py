import torch
import torch.nn.functional as F
from reflib import case

at = torch.tensor

case("index_select", lambda x: x.index_select(0, at([2, 0, 2])), x=(3, 4))
case("index_select_middle", lambda x: x.index_select(-2, at([1, 1, 0, 2])), x=(2, 3, 2))
case("gather", lambda x: x.gather(1, at([[2, 0], [1, 1]])), x=(3, 3))
case("gather_middle", lambda x: x.gather(1, at([[[2, 0], [1, 1], [0, 0]]])), x=(2, 3, 2))
case("embedding", lambda x: F.embedding(at([[3, 1], [1, 0]]), x), x=(4, 3))
