"""Curves: the learning rate, and where it is cycled the momentum, of each scheduler for 40 steps."""
import warnings

import torch
from common import save
from torch.optim.lr_scheduler import (ChainedScheduler, ConstantLR, CosineAnnealingLR, ExponentialLR,
                                      LambdaLR, LinearLR, MultiStepLR, OneCycleLR, PolynomialLR,
                                      SequentialLR, StepLR)

STEPS = 40
curves = {}
warnings.filterwarnings("ignore")  # SequentialLR calls its parts with an explicit epoch


def curve(name, make, lr=0.1, steps=STEPS):
    opt = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr, momentum=0.9)
    scheduler = make(opt)
    rates, momenta = [], []
    for step in range(steps):
        rates.append(opt.param_groups[0]["lr"])
        momenta.append(opt.param_groups[0]["momentum"])
        opt.step()
        if step + 1 < steps:
            scheduler.step()
    curves[name] = torch.tensor([float(r) for r in rates])
    if len(set(momenta)) > 1:
        curves[f"{name} momentum"] = torch.tensor([float(m) for m in momenta])


curve("constant", lambda o: ConstantLR(o, factor=1.0))
curve("step", lambda o: StepLR(o, step_size=7))
curve("step_gamma", lambda o: StepLR(o, step_size=7, gamma=0.5))
curve("multi_step", lambda o: MultiStepLR(o, [5, 12, 12, 30], gamma=0.3))
curve("exponential", lambda o: ExponentialLR(o, gamma=0.9))
curve("cosine", lambda o: CosineAnnealingLR(o, T_max=25))
curve("cosine_end", lambda o: CosineAnnealingLR(o, T_max=39, eta_min=0.01))
curve("linear", lambda o: LinearLR(o, start_factor=0.1, end_factor=0.8, total_iters=12))
curve("polynomial", lambda o: PolynomialLR(o, total_iters=30, power=0.9))
curve("warmup_cosine", lambda o: SequentialLR(
    o, [LinearLR(o, start_factor=1 / 6, end_factor=1.0, total_iters=5), CosineAnnealingLR(o, T_max=35)],
    milestones=[5]))
curve("sequential", lambda o: SequentialLR(
    o, [ConstantLR(o, factor=1.0), ExponentialLR(o, gamma=0.8)], milestones=[10]))
curve("chained", lambda o: ChainedScheduler(
    [ExponentialLR(o, gamma=0.95), LinearLR(o, start_factor=0.2, end_factor=1.0, total_iters=10)]))
curve("one_cycle", lambda o: OneCycleLR(o, max_lr=0.5, total_steps=STEPS))
curve("one_cycle_linear", lambda o: OneCycleLR(
    o, max_lr=0.5, total_steps=STEPS, pct_start=0.4, anneal_strategy="linear", div_factor=10,
    final_div_factor=100, base_momentum=0.8, max_momentum=0.9))
curve("one_cycle_three_phase", lambda o: OneCycleLR(
    o, max_lr=0.5, total_steps=STEPS, pct_start=0.3, three_phase=True))
curve("dann", lambda o: LambdaLR(o, lambda t: (1 + 10 * t / 39) ** -0.75), lr=0.01)

save("schedules", curves)
