from reflib import case

case("sum", lambda x: x.sum(), x=(2, 3, 4))
case("sum_last", lambda x: x.sum(-1), x=(2, 3, 4))
case("sum_first", lambda x: x.sum(0), x=(4, 2, 3))
case("sum_middle", lambda x: x.sum(1, keepdim=True), x=(2, 3, 4))
case("sum_apart", lambda x: x.sum((0, 2)), x=(2, 3, 4))
case("mean", lambda x: x.mean(), x=(2, 3, 4))
case("mean_last", lambda x: x.mean(-1, keepdim=True), x=(2, 3, 4))
case("mean_apart", lambda x: x.mean((0, -1), keepdim=True), x=(2, 3, 2, 2))
