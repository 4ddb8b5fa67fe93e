def huber(x, y, slope):
    total = 0.0
    for i in range(len(x)):
        r = abs(y[i] - slope * x[i])
        if r < 1.0:
            total += r * r / 2
        else:
            total += r - 0.5
    return total
