"""The texts of the short paths, which `fast` fills in and compiles.

The words in braces are expressions or statements about one row. ``form`` is what is known of the result: if it is not
None, the operands that have a shape all have this one and are doubles, and so is and has the result (see `Tensor`);
then nothing needs to be compared.
"""

__all__ = ["BINARY", "UNARY"]

# What `Tensor.__init__` does, without the call.
_NEW = "out = next(blanks); out.raw = ans; out.key = {}; out.on = {}; out.tan = {}; out.form = form; return out"
_RETURN = _NEW.format("key", "own", None)
_FORWARD = _NEW.format("next(keys)", None, "{{mine: t}}")

UNARY = """
def {name}(x{params}):
    if type(x) is not Tensor:
        return row(x{params})
    state = current()
    if state is not None:
        a = x.raw
        tape = state.tape
        if tape is not None:
            own = tape.on; extend = tape.extend
            if x.on is own:
                ans = {call}
                form = {form}
                key = next(keys); xk = x.key
                extend((key, xk, {best_x}, {saved_x}, {ids_x}, {spec}))
                RETURN
            if x.on is None and not x.tan:
                return Tensor({call}, next(keys), None, None)
        elif state.forward is not None:
            tan = x.tan
            mine = state.forward.id
            if x.on is not None:
                pass
            elif not tan:
                return Tensor({call}, next(keys), None, None)
            elif len(tan) == 1 and mine in tan:
                ans = {call}
                form = {form}
                {quiet}t = {tangent_x}
                {fit}FORWARD
    return apply(row, (x,), {params_dict})
""".replace("RETURN", _RETURN).replace("FORWARD", _FORWARD)

BINARY = """
def {name}({order}):
    state = current()
    if state is None:
        return slow({order})
    tape = state.tape
    if type(x) is Tensor:
        a = x.raw; form = x.form
        if type(y) is Tensor:
            b = y.raw
            if form != y.form:
                form = None
            if tape is not None:
                own = tape.on; extend = tape.extend
                if x.on is own and y.on is own:
                    ans = {call}
                    key = next(keys); xk = x.key; yk = y.key
                    if form is not None:
                        extend(({both}))
                    else:
                        size = ans.nbytes or -1; ndim = ans.ndim
                        extend((
                            key, xk, {pull_x}, {saved_x}, {ids_x},
                            None if a.nbytes == size and a.ndim == ndim{and_exact} else Spec(a.shape, a.dtype),
                            key, yk, {pull_y}, {saved_y}, {ids_y},
                            None if b.nbytes == size and b.ndim == ndim{and_exact} else Spec(b.shape, b.dtype),
                        ))
                        form = form_of(ans)
                    RETURN
                if x.on is None and y.on is None and not x.tan and not y.tan:
                    return Tensor({call}, next(keys), None, None)
                return slow({order})
            ytan = y.tan
            if y.on is not None:
                return slow({order})
        else:
            b = y; kind = type(y); ytan = None
            if kind is ndarray:
                if b.dtype is not FLOAT64 or b.shape != form:
                    form = None
            elif kind not in NUMBERS:
                return slow({order})
            elif form:
                b = boxes[y]
            {number_b}
            if tape is not None:
                own = tape.on; extend = tape.extend
                if x.on is own:
                    {keep_b}
                    ans = {call}
                    xs = None
                    if form is None:
                        if a.nbytes == (ans.nbytes or -1) and a.ndim == ans.ndim{and_exact}:
                            form = x.form
                        else:
                            form = form_of(ans)
                            xs = Spec(a.shape, a.dtype)
                    key = next(keys); xk = x.key; yk = None
                    extend((key, xk, {pull_x}, {saved_x}, {ids_x}, xs))
                    RETURN
                if x.on is None and not x.tan:
                    return Tensor({call}, next(keys), None, None)
                return slow({order})
        xtan = x.tan
        if x.on is not None:
            return slow({order})
    elif type(y) is Tensor:
        a = x; b = y.raw; form = y.form; kind = type(x); xtan = None
        if kind is ndarray:
            if a.dtype is not FLOAT64 or a.shape != form:
                form = None
        elif kind not in NUMBERS:
            return slow({order})
        elif form:
            a = boxes[x]
        {number_a}
        if tape is not None:
            own = tape.on; extend = tape.extend
            if y.on is own:
                {keep_a}
                ans = {call}
                ys = None
                if form is None:
                    if b.nbytes == (ans.nbytes or -1) and b.ndim == ans.ndim{and_exact}:
                        form = y.form
                    else:
                        form = form_of(ans)
                        ys = Spec(b.shape, b.dtype)
                key = next(keys); xk = None; yk = y.key
                extend((key, yk, {pull_y}, {saved_y}, {ids_y}, ys))
                RETURN
            if y.on is None and not y.tan:
                return Tensor({call}, next(keys), None, None)
            return slow({order})
        ytan = y.tan
        if y.on is not None:
            return slow({order})
    else:
        return slow({order})
    if state.forward is None:
        return slow({order})
    mine = state.forward.id
    if (xtan and (mine not in xtan or len(xtan) > 1)) or (ytan and (mine not in ytan or len(ytan) > 1)):
        return slow({order})
    ans = {call}
    if xtan:
        dx = xtan[mine]
        {quiet}t = {tangent_x}
        if ytan:
            dx = ytan[mine]
            {quiet}t = {sum}
    elif ytan:
        dx = ytan[mine]
        {quiet}t = {tangent_y}
    else:
        return Tensor(ans, next(keys), None, None)
    if form is None:
        form = form_of(ans)
        if t.shape != ans.shape or t.dtype is not ans.dtype:
            t = fit(t, ans)
    FORWARD
""".replace("RETURN", _RETURN).replace("FORWARD", _FORWARD)
