import torch
from reflib import case

EXPONENT = (-1.5, 1.5)
BASE = (0.5, 1.5)
INF, NAN = float("inf"), float("nan")

case("pow", lambda p, x: x**p, p=((2, 3), *EXPONENT), x=((2, 3), *BASE))
case("pow_row", lambda p, x: x**p, p=((3,), *EXPONENT), x=((2, 3), *BASE))
case("pow_both_broadcast", lambda p, x: x**p, p=((2, 1, 3), *EXPONENT), x=((4, 1), *BASE))
case("pow_of_one_number", lambda p, x: x**p, p=((5,), *EXPONENT), x=((), *BASE))
case("pow_self", lambda x: x**x, x=((2, 3), *BASE))

# Every base meets every exponent.
bases = torch.tensor([0.0, -0.0, 1.0, 2.0, -2.0, INF, -INF, NAN])
exponents = torch.tensor([0.0, 1.0, 2.0, 3.0, 0.5, -1.0, -2.0, -0.5, INF, -INF, NAN])
grid = torch.cartesian_prod(exponents, bases)
case("pow_special", lambda p, x: x**p, p=grid[:, 0].clone(), x=grid[:, 1].clone())
