import numpy as np

from chainrule.compiled.runtime import highest, radd


def logsumexp_value_and_grad(x):
    n = x.shape[0]
    # line 5: highest = np.max(x)
    if 0 >= n:
        raise ValueError("zero-size array to reduction operation maximum which has no identity")
    top = highest(x, -np.inf)
    ties = 0
    for i in range(n):
        x_1 = x[i]
        ties += 1 if x_1 == top or np.isnan(x_1) else 0
    top_1 = top
    x_bar = np.empty(n)
    total = 0.0
    # line 6: return highest + np.log(np.sum(np.exp(x - highest)))
    for i in range(n):
        t = np.exp(x[i] - top_1)
        x_bar[i] = t
        total = radd(total, t)
    t_1 = 1.0/total
    top_bar = 1.0
    for i in range(n):
        t_bar = t_1*x_bar[i] if t_1 != 0.0 else 0.0
        top_bar = radd(top_bar, -t_bar)
        x_bar[i] = t_bar
    # line 5: highest = np.max(x)
    total_bar = top_bar*(1.0/ties) if top_bar != 0.0 else 0.0
    for i in range(n):
        x_1 = x[i]
        x_bar[i] += total_bar if x_1 == top or np.isnan(x_1) else 0.0
    return top_1 + np.log(total), x_bar
