"""Functions of ``scipy.special`` that have no derivative rule, for a reason; and those that need none."""

from __future__ import annotations

from typing import Any

from scipy import special

from .._classes import passing, refused

__all__: list[str] = []


def _named(text: str) -> list[Any]:
    """Return the functions of these names that the installed SciPy has."""
    return [getattr(special, name) for name in text.split() if hasattr(special, name)]


_DIFFERENCES = "Give it plain values, or ask for difference quotients: chainrule.scipy.numerically(scipy.special.{})."
_FAMILIES = (
    "legendre chebyt chebyu chebyc chebys jacobi laguerre genlaguerre hermite hermitenorm gegenbauer sh_legendre "
    "sh_chebyt sh_chebyu sh_jacobi"
)

passing(*_named("geterr seterr"))
refused(
    *_named(
        "ai_zeros bi_zeros bei_zeros beip_zeros ber_zeros berp_zeros kei_zeros keip_zeros ker_zeros kerp_zeros "
        "kelvin_zeros erf_zeros fresnel_zeros fresnelc_zeros fresnels_zeros jn_zeros jnp_zeros jnjnp_zeros jnyn_zeros "
        "y0_zeros y1_zeros y1p_zeros yn_zeros ynp_zeros bernoulli euler stirling2 factorial2 factorialk"
    ),
    reason="its arguments are whole numbers, and its results are constants", instead="Give it plain integers.",
)  # fmt: skip
refused(
    *_named(_FAMILIES), reason="it makes a polynomial as an object",
    instead="Evaluate it with scipy.special.eval_legendre, eval_jacobi and their relatives, which have rules.",
)  # fmt: skip
refused(
    *_named(" ".join(f"roots_{family}" for family in _FAMILIES.split())),
    *_named("p_roots t_roots u_roots c_roots s_roots j_roots l_roots la_roots h_roots he_roots cg_roots ps_roots "
            "ts_roots us_roots js_roots"),
    reason="it takes a whole number, and no derivative by the parameters of a family is known in closed form",
    instead="Give it plain values; nodes and weights are then constants.",
)  # fmt: skip
refused(
    *_named("lqn lqmn lpn lpmn clpmn legendre_p_all assoc_legendre_p_all sph_legendre_p_all sph_harm_y_all"),
    reason="it computes a table of all degrees and orders",
    instead="Use scipy.special.eval_legendre, lpmv or sph_harm_y for each degree.",
)  # fmt: skip
refused(
    *_named("riccati_jn riccati_yn lmbda pbdn_seq pbdv_seq pbvv_seq"), reason="it computes a table of all orders",
    instead="Use scipy.special.spherical_jn, spherical_yn, jv, pbdv or pbvv for each order.",
)  # fmt: skip
refused(
    *_named("mathieu_a mathieu_b mathieu_even_coef mathieu_odd_coef obl_cv pro_cv obl_cv_seq pro_cv_seq"),
    reason="no derivative of a characteristic value is known in closed form",
    instead=_DIFFERENCES.format("mathieu_a, 1"),
)  # fmt: skip
refused(
    *_named("ellip_harm ellip_harm_2 ellip_normal"), reason="Lamé's functions come without their derivatives",
    instead="Give it plain values, or declare a rule with chainrule.rules.",
)  # fmt: skip
refused(
    *_named("chndtridf ncfdtridfd ncfdtridfn ncfdtrinc nctdtridf"),
    reason="no derivative is known in closed form",
    instead=_DIFFERENCES.format("chndtridf, 2"),
)  # fmt: skip
