"""In PyTorch."""

from __future__ import annotations

import math

import torch


def objective(motion, view, q, r, observed):
    x, p = torch.zeros(len(motion)), torch.eye(len(motion))
    noise, blur = torch.diag(torch.exp(q)), torch.diag(torch.exp(r))
    total = 0.0
    for y in observed:
        x = motion @ x
        p = motion @ p @ motion.T + noise
        miss = y - view @ x
        factor = torch.linalg.cholesky(view @ p @ view.T + blur)
        gain = torch.cholesky_solve(view @ p, factor).T
        log_det = 2 * torch.log(torch.diagonal(factor)).sum()
        known = miss @ torch.cholesky_solve(miss[:, None], factor)[:, 0]
        total = total + 0.5 * (known + log_det + len(view) * math.log(2 * math.pi))
        x = x + gain @ miss
        p = p - gain @ view @ p
    return total


def prepare(data):
    *given, observed = [torch.from_numpy(part) for part in data]
    for part in given:
        part.requires_grad_()

    def primal():
        with torch.no_grad():
            return objective(*given, observed).numpy()

    def gradient():
        return [part.numpy() for part in torch.autograd.grad(objective(*given, observed), given)]

    return primal, gradient
