import numpy as np

from chainrule.compiled.runtime import highest, radd


def logsumexp_value_and_grad(x):
    n = x.shape[0]
    # line 5: highest = np.max(x)
    if 0 >= n:
        raise ValueError("zero-size array to reduction operation maximum which has no identity")
    top = highest(x, -np.inf)
    ties = 0
    total = 0.0
    for i in range(n):
        x_1 = x[i]
        t = x_1 == top or np.isnan(x_1)
        ties += 1 if t else 0
        total = radd(total, x_1 if t else 0.0)
    top_1 = top
    saved_t = np.empty(n)
    total = 0.0
    # line 6: return highest + np.log(np.sum(np.exp(x - highest)))
    for i in range(n):
        t_1 = np.exp(x[i] - top_1)
        saved_t[i] = t_1
        total = radd(total, t_1)
    x_bar = np.empty(n)
    t_2 = 1.0/total
    top_bar = 1.0
    for i in range(n):
        t_bar = t_2*saved_t[i] if t_2 != 0.0 else 0.0
        top_bar = radd(top_bar, -t_bar)
        x_bar[i] = t_bar
    # line 5: highest = np.max(x)
    total_bar = top_bar*(1.0/ties) if top_bar != 0.0 else 0.0
    for i in range(n):
        x_1 = x[i]
        x_bar[i] += total_bar if x_1 == top or np.isnan(x_1) else 0.0
    return top_1 + np.log(total), x_bar
