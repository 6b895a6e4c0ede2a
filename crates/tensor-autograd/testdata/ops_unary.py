import torch
from reflib import case

POSITIVE = ((3, 4), 0.25, 2.0)
SIGNED = (3, 4)

case("powf", lambda x: x**2.3, x=POSITIVE)
case("powf_square", lambda x: x**2.0, x=SIGNED)
case("powf_cube", lambda x: x**3.0, x=SIGNED)
case("powf_root", lambda x: x**0.5, x=POSITIVE)
case("powf_inverse", lambda x: x**-1.0, x=POSITIVE)
case("powf_inverse_square", lambda x: x**-2.0, x=POSITIVE)
case("powf_inverse_root", lambda x: x**-0.5, x=POSITIVE)
case("powf_one", lambda x: x**1.0, x=SIGNED)
case("powf_zero", lambda x: x**0.0, x=SIGNED)
case("sqrt", lambda x: x.sqrt(), x=POSITIVE)
case("exp", lambda x: x.exp(), x=SIGNED)
case("ln", lambda x: x.log(), x=POSITIVE)
case("abs", lambda x: x.abs(), x=SIGNED)
case("clamp", lambda x: x.clamp(-0.5, 0.25), x=(3, 8))
case("clamp_above", lambda x: x.clamp(max=0.25), x=(3, 8))
