import numpy as np


def logsumexp(x):
    highest = np.max(x)
    return highest + np.log(np.sum(np.exp(x - highest)))
