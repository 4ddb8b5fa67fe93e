def landing(speed, drag):
    x = y = 0.0
    vx = vy = speed
    for _ in range(1000):
        vx -= 0.01 * drag * vx
        vy -= 0.01 * (9.81 + drag * vy)
        if y + 0.01 * vy < 0:
            return x - y * vx / vy
        x += 0.01 * vx
        y += 0.01 * vy
    return x
