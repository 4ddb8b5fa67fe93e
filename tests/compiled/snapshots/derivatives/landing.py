import numpy as np


def landing_value_and_grad(speed, drag):
    # line 5: vx -= 0.01 * drag * vx
    t = 0.01*drag
    saved_vy = np.empty(1000)
    saved_t = np.empty(1000)
    saved_vx = np.empty(1000)
    saved_y = np.empty(1000)
    vy = speed
    x = 0.0
    y_1 = 0.0
    returned = False
    result = 0.0
    n = 0
    # line 4: for _ in range(1000):
    for k in range(1000):
        saved_vy[k] = vy
        saved_vx[k] = speed
        saved_y[k] = y_1
        # line 5: vx -= 0.01 * drag * vx
        speed -= t*speed
        # line 6: vy -= 0.01 * (9.81 + drag * vy)
        vy -= 0.01*(9.81 + drag*vy)
        # line 7: if y + 0.01 * vy < 0:
        y = y_1 + 0.01*vy
        returned = y < 0.0
        if returned:
            # line 8: return x - y * vx / vy
            t_1 = y_1*speed
            saved_t[k] = t_1
            result = x - t_1/vy
            x = 0.0
            y_1 = 0.0
        else:
            # line 9: x += 0.01 * vx
            x += 0.01*speed
            result = 0.0
            y_1 = y
        n += 1
        if returned:
            break
    # line 4: for _ in range(1000):
    inside = not returned
    x_bar = 1.0 if inside else 0.0
    result_bar = 0.0 if inside else 1.0
    vx_bar = 0.0
    vy_bar = 0.0
    y_bar_1 = 0.0
    t_bar_2 = 0.0
    drag_bar = 0.0
    for k in range(n - 1, -1, -1):
        # line 7: if y + 0.01 * vy < 0:
        vy = saved_vy[k]
        vy_1 = vy - 0.01*(9.81 + drag*vy)
        speed = saved_vx[k]
        vx = speed - t*speed
        y = saved_y[k]
        if y + 0.01*vy_1 < 0.0:
            # line 8: return x - y * vx / vy
            t_bar = -result_bar
            t_bar_1 = t_bar*(1.0/vy_1) if t_bar != 0.0 else 0.0
            vy_bar += -t_bar*(saved_t[k]/vy_1/vy_1) if t_bar != 0.0 else 0.0
            y_bar_1 = t_bar_1*vx if t_bar_1 != 0.0 else 0.0
            vx_bar += t_bar_1*y if t_bar_1 != 0.0 else 0.0
            x_bar = result_bar
            y_bar = 0.0
        else:
            # line 9: x += 0.01 * vx
            vx_bar += x_bar*0.01
            y_bar = y_bar_1
            y_bar_1 = 0.0
        y_bar_1 += y_bar
        vy_bar += y_bar*0.01
        # line 6: vy -= 0.01 * (9.81 + drag * vy)
        t_bar = -vy_bar*0.01
        drag_bar += t_bar*vy if t_bar != 0.0 else 0.0
        vy_bar += t_bar*drag if t_bar != 0.0 else 0.0
        # line 5: vx -= 0.01 * drag * vx
        t_bar = -vx_bar
        t_bar_2 += t_bar*speed if t_bar != 0.0 else 0.0
        vx_bar += t_bar*t if t_bar != 0.0 else 0.0
        result_bar = 0.0
    return x if inside else result, vx_bar + vy_bar, drag_bar + t_bar_2*0.01
