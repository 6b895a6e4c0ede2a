"""Trajectories: 20 steps of each update rule on one problem, softmax regression on fixed data.

A file holds the initial values (`input weight`), the gradients of every step (`grads weight`,
one step a row), the values after every step (`values weight`) and the rule's arrays after the last
(`state weight.exp_avg`). The gradients are rounded to f32, and the rule works from the rounded ones.
"""
import torch
from common import exact, save
from torch.optim import SGD, Adagrad, Adam, AdamW, RMSprop
from torch.optim.lr_scheduler import OneCycleLR

STEPS = 20


def problem():
    g = torch.Generator().manual_seed(7)
    weight = exact(torch.randn(3, 4, generator=g)).requires_grad_()
    bias = exact(torch.randn(3, generator=g)).requires_grad_()
    x = exact(torch.randn(12, 4, generator=g))
    y = torch.randint(0, 3, (12,), generator=g)

    def loss():
        return torch.nn.functional.cross_entropy(x @ weight.T + bias, y)

    return {"weight": weight, "bias": bias}, loss


def trajectory(name, make, schedule=None, groups=None):
    params, loss = problem()
    settings = groups or {}
    opt = make([{"params": [p], **settings.get(n, {})} for n, p in params.items()])
    scheduler = schedule(opt) if schedule else None
    out = {f"input {n}": p.detach().clone() for n, p in params.items()}
    grads, values = {n: [] for n in params}, {n: [] for n in params}
    for _ in range(STEPS):
        opt.zero_grad()
        loss().backward()
        for n, p in params.items():
            p.grad = exact(p.grad)
            grads[n].append(p.grad.clone())
        opt.step()
        if scheduler:
            scheduler.step()
        for n, p in params.items():
            values[n].append(p.detach().clone())
    for n, p in params.items():
        out[f"grads {n}"] = torch.stack(grads[n])
        out[f"values {n}"] = torch.stack(values[n])
        for key, t in opt.state[p].items():
            if torch.is_tensor(t) and t.shape == p.shape:
                out[f"state {n}.{key}"] = t
    save(name, out)


trajectory("sgd", lambda p: SGD(p, lr=0.1))
trajectory("sgd_decay", lambda p: SGD(p, lr=0.1, weight_decay=0.05))
trajectory("sgd_momentum", lambda p: SGD(p, lr=0.1, momentum=0.9))
trajectory("sgd_dampening", lambda p: SGD(p, lr=0.1, momentum=0.8, dampening=0.3, weight_decay=0.01))
trajectory("sgd_nesterov", lambda p: SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01))
trajectory("adam", lambda p: Adam(p, lr=0.05))
trajectory("adam_betas", lambda p: Adam(p, lr=0.05, betas=(0.8, 0.99), eps=1e-4, weight_decay=0.1))
trajectory("adam_amsgrad", lambda p: Adam(p, lr=0.2, betas=(0.9, 0.9), amsgrad=True))
trajectory("adamw", lambda p: AdamW(p, lr=0.05))
trajectory("adamw_decay", lambda p: AdamW(p, lr=0.05, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.3))
trajectory("adamw_amsgrad", lambda p: AdamW(p, lr=0.2, betas=(0.9, 0.9), amsgrad=True))
trajectory("rmsprop", lambda p: RMSprop(p, lr=0.02))
trajectory("rmsprop_alpha", lambda p: RMSprop(p, lr=0.02, alpha=0.9, eps=1e-3, weight_decay=0.1))
trajectory("rmsprop_centered", lambda p: RMSprop(p, lr=0.02, alpha=0.9, centered=True))
trajectory("rmsprop_momentum", lambda p: RMSprop(p, lr=0.02, momentum=0.7))
trajectory("rmsprop_all", lambda p: RMSprop(
    p, lr=0.02, alpha=0.9, momentum=0.7, centered=True, weight_decay=0.05))
trajectory("adagrad", lambda p: Adagrad(p, lr=0.2))
trajectory("adagrad_all", lambda p: Adagrad(
    p, lr=0.2, lr_decay=0.1, initial_accumulator_value=0.3, eps=1e-4, weight_decay=0.05))
trajectory("groups", lambda p: Adam(p, lr=0.05, weight_decay=0.1),
           groups={"bias": {"lr": 0.005, "weight_decay": 0.0}})
trajectory("sgd_one_cycle", lambda p: SGD(p, lr=0.1, momentum=0.9), schedule=lambda opt: OneCycleLR(
    opt, max_lr=0.5, total_steps=STEPS + 1, base_momentum=0.8, max_momentum=0.95))
trajectory("adam_one_cycle", lambda p: Adam(p, lr=0.1), schedule=lambda opt: OneCycleLR(
    opt, max_lr=0.1, total_steps=STEPS + 1, base_momentum=0.8, max_momentum=0.95))
