"""Pages in a browser: stepped through, pointed at, translated; they stay quiet and ask for nothing."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule.explorer import explore
from explorer.programs import TEXTBOOK, long_loop, network, network_point


def shown_number(text: str) -> float:
    """Return the number after the last equals sign of a text."""
    return float(text.rpartition("=")[2].strip().replace("−", "-").replace("∞", "inf"))


def steps_of(tab: Any) -> int:
    return int(tab.locator("#position").inner_text().rpartition("/")[2])


def walk(tab: Any, count: int) -> None:
    """Step on by the button, as a reader does, but without waiting between."""
    tab.evaluate("count => { for (let i = 0; i < count; i++) document.getElementById('next').click(); }", count)


def gradients(tab: Any) -> dict[str, str]:
    lines = tab.locator("[data-gradient]")
    return {line.get_attribute("data-gradient"): line.inner_text() for line in lines.all()}


@pytest.mark.slow
@pytest.mark.parametrize("name", TEXTBOOK)
def test_both_sweeps_end_with_the_value_and_the_gradient(opened: Any, name: str) -> None:
    f, point = TEXTBOOK[name]
    expected = cr.grad(f, argnums=tuple(range(len(point))))(*point)
    with opened(explore(f, *point)) as tab:
        ran = (steps_of(tab) - 2) // 2
        walk(tab, ran)
        result = tab.locator(".node.output")
        assert "pending" not in result.get_attribute("class")
        assert shown_number(result.get_attribute("aria-label")) == pytest.approx(float(f(*point)), rel=1e-12)
        walk(tab, ran + 2)
        found = gradients(tab)
        assert [shown_number(text) for text in found.values()] == pytest.approx(list(expected), rel=1e-12)


@pytest.mark.slow
def test_a_network_on_ten_images_ends_with_the_norms_of_its_gradient(opened: Any) -> None:
    point = network_point()
    expected = cr.grad(network, argnums=(0, 1, 2, 3))(*point)
    with opened(explore(network, *point, by=["w1", "b1", "w2", "b2"])) as tab:
        tab.locator("#last").click()
        norms = [re.search(r"‖·‖ = ([\d.e−]+)", text)[1] for text in gradients(tab).values()]  # type: ignore[index]
    found = [float(norm.replace("−", "-")) for norm in norms]
    assert found == pytest.approx([float(np.linalg.norm(part)) for part in expected], rel=1e-5)


def test_a_page_from_beginning_to_end(opened: Any) -> None:
    f, point = TEXTBOOK["polynomial"]
    with opened(explore(f, *point)) as tab:
        assert tab.locator("h1").inner_text() == "polynomial(x=3, y=4)"
        _step_by_keys(tab)
        _point_at_nodes_and_lines(tab)
        _forward_mode(tab)
        _other_parts(tab)
        _languages(tab)


def _step_by_keys(tab: Any) -> None:
    tab.keyboard.press("ArrowRight")
    assert [text.strip() for text in tab.locator("#rule .eq").all_inner_texts()] == ["v1 = x**2", "= 3**2", "= 9"]
    tab.keyboard.press("End")
    assert [shown_number(text) for text in gradients(tab).values()] == [24, 10]
    for _ in range(2):
        tab.keyboard.press("ArrowLeft")
    sent = [unicodedata.normalize("NFC", text) for text in tab.locator("#rule .eq").all_inner_texts()]
    assert sent[1:] == ["v̄1 += v̄2 · ∂v2/∂v1 = 1 · 4 = 4", "ȳ += v̄2 · ∂v2/∂y = 1 · 9 = 9   → ȳ = 10"]
    assert tab.locator(".node.now").get_attribute("data-step") == "3"
    partials = tab.locator(".edge text").all_text_contents()
    assert sorted(filter(None, partials)) == ["1", "1", "1", "4", "6", "9"]


def _point_at_nodes_and_lines(tab: Any) -> None:
    tab.keyboard.press("Home")
    assert tab.locator("#source .row.hit").count() == 0
    tab.locator(".node[data-step='4']").click()
    assert tab.locator("#source .row.hit").inner_text().split() == [
        "18",
        "return",
        "x**2",
        "*",
        "y",
        "+",
        "y",
        "+",
        "2",
    ]
    tab.locator("#source .row.can").first.click()
    assert tab.locator("#position").inner_text() == "1 / 10"


def _forward_mode(tab: Any) -> None:
    tab.keyboard.press("f")
    tab.keyboard.press("End")
    assert tab.locator("[data-tangent]").inner_text() == "result = 42 + 24ε"
    tab.locator("#by").select_option(label="y")
    assert tab.locator("[data-tangent]").inner_text() == "result = 42 + 10ε"
    values = tab.locator(".node .value").all_text_contents()
    assert sorted(values) == sorted(["3 + 0ε", "4 + 1ε", "9 + 0ε", "36 + 9ε", "40 + 10ε", "42 + 10ε"])


def _other_parts(tab: Any) -> None:
    for part in ("formula", "compiled", "methods", "diagnostics"):
        tab.locator(f"#tab-{part}").click()
        assert tab.locator(f"#panel-{part}").is_visible()
        assert tab.locator("[role=tabpanel]:visible").count() == 1
    tab.locator("#tab-formula").click()
    assert tab.locator("#panel-formula math").count() >= 5
    tab.locator("#tab-compiled").click()
    tab.locator("#panel-compiled .row[data-at]").first.hover()
    assert tab.locator("#panel-compiled .row.hit").count() >= 3
    tab.locator("#tab-methods").click()
    assert tab.locator("#panel-methods .series").count() >= 10
    tab.locator("#tab-steps").click()


def _languages(tab: Any) -> None:
    for language, word, code in (
        ("zh", "逐步运行", "zh-CN"),
        ("ja", "ステップ実行", "ja"),
        ("en", "Step by step", "en"),
    ):
        tab.locator("#language").select_option(language)
        assert tab.locator("#tab-steps").inner_text() == word
        assert tab.locator("html").get_attribute("lang") == code
        assert tab.locator("[data-t]:text-is('')").count() == 0


def test_every_part_has_a_name_that_a_screen_reader_can_say(opened: Any) -> None:
    f, point = TEXTBOOK["affine"]
    with opened(explore(f, *point)) as tab:
        unnamed = tab.evaluate("""() =>
            [...document.querySelectorAll('button, select, input, [role=button], [tabindex="0"]')]
            .filter(e => !e.getAttribute('aria-label') && !e.textContent.trim() && !e.closest('label'))
            .map(e => e.outerHTML.slice(0, 80))""")
        assert unnamed == []
        assert tab.locator("[role=tab][aria-selected=true]").count() == 1
        assert tab.locator("[role=status]").get_attribute("aria-live") == "polite"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(opened: Any, scheme: str) -> None:
    f, point = TEXTBOOK["polynomial"]
    with opened(explore(f, *point), color_scheme=scheme) as tab:
        tab.locator("#last").click()
        ratios = tab.evaluate(CONTRASTS)
    assert {pair: ratio for pair, ratio in ratios.items() if ratio < 4.5} == {}


# The contrast of each colour of text on each ground that it stands on, by the formula of WCAG 2.
CONTRASTS = """() => {
  const style = getComputedStyle(document.documentElement);
  const rgb = (name) => {
    const probe = document.createElement('i');
    probe.style.color = style.getPropertyValue(name);
    document.body.append(probe);
    const found = getComputedStyle(probe).color.match(/[\\d.]+/g).slice(0, 3).map(Number);
    probe.remove();
    return found;
  };
  const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const light = (name) => {
    const [r, g, b] = rgb('--' + name).map((c) => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const pairs = `ink paper, ink panel, ink soft, ink mark, ink accent-soft, quiet paper, quiet panel,
    quiet soft, accent panel, accent accent-soft, tangent panel, tangent tangent-soft, adjoint panel,
    adjoint adjoint-soft, bad panel, keyword panel, string panel, number panel, comment panel, comment mark`;
  return Object.fromEntries(pairs.split(',').map((pair) => {
    const [text, ground] = pair.trim().split(' ');
    const [a, b] = [light(text), light(ground)].sort((x, y) => y - x);
    return [text + ' on ' + ground, (a + 0.05) / (b + 0.05)];
  }));
}"""


@pytest.mark.slow
def test_ten_thousand_steps_are_folded_and_can_be_walked(opened: Any) -> None:
    page = explore(long_loop, 0.7, 2000, by="x")
    expected = cr.grad(long_loop)(0.7, 2000)
    assert len(page.data["steps"]["value"]) == 1 + 5 * 2000
    with opened(page) as tab:
        tab.locator("#next").click()
        assert 5 < tab.locator(".node").count() < 40
        tab.locator("#slider").fill("5000")
        assert tab.locator(".node.now").count() == 1
        assert tab.locator(".node.fold").count() >= 2
        assert 5 < tab.locator(".node").count() < 60
        tab.locator(".node.fold").last.click()
        assert tab.locator(".node.now").count() == 1
        tab.keyboard.press("End")
        assert shown_number(gradients(tab)["x"]) == pytest.approx(float(expected), rel=1e-12)


def test_a_page_prints_all_its_parts(opened: Any) -> None:
    f, point = TEXTBOOK["affine"]
    with opened(explore(f, *point)) as tab:
        tab.locator("#tab-methods").click()
        tab.emulate_media(media="print")
        assert tab.locator("[role=tabpanel]:visible").count() == 5
        assert not tab.locator(".controls").is_visible()
        assert tab.pdf()[:5] == b"%PDF-"
        tab.emulate_media(media="screen")
        assert tab.locator("#tab-methods[aria-selected=true]").count() == 1
        assert tab.locator("[role=tabpanel]:visible").get_attribute("id") == "panel-methods"


def test_paper_shows_the_end_of_the_sweep_and_the_reader_stays_where_he_was(opened: Any) -> None:
    f, point = TEXTBOOK["affine"]
    with opened(explore(f, *point)) as tab:
        for before, on_paper in (("0 / 6", "6 / 6"), ("2 / 6", "2 / 6")):
            assert tab.locator("#position").inner_text() == before
            tab.evaluate("dispatchEvent(new Event('beforeprint'))")
            assert tab.locator("#position").inner_text() == on_paper
            tab.evaluate("dispatchEvent(new Event('afterprint'))")
            assert tab.locator("#position").inner_text() == before
            walk(tab, 2)


def test_the_work_is_told_in_the_language_of_the_page(opened: Any) -> None:
    with opened(explore(lambda x: x * x, 3.0)) as tab:
        tab.locator("#tab-methods").click()
        for language, forward, reverse in (
            ("en", "1 forward sweep", "1 forward + 1 reverse sweep"),
            ("zh", "1 次前向扫描", "1 次前向 + 1 次反向扫描"),
            ("ja", "順方向スイープ 1 回", "順方向 1 回 + 逆方向 1 回のスイープ"),
        ):
            tab.locator("#language").select_option(language)
            rows = tab.locator("#panel-methods tbody tr td:nth-child(4)").all_inner_texts()
            assert rows[-2:] == [forward, reverse]


def test_complex_values_are_shown(opened: Any) -> None:
    with opened(explore(lambda x: np.sum(np.abs(np.fft.fft(x))), np.array([3.0, 1.0]))) as tab:
        walk(tab, 1)
        assert tab.locator("#rule b").inner_text() == "array 2, ‖·‖ = 4.47214 [4 + 0i, 2 + 0i]"
        tab.keyboard.press("End")
        assert gradients(tab) == {"x": "∂f/∂x = array 2, ‖·‖ = 2 [2, 0]"}


def test_deep_recursions_can_be_walked(opened: Any) -> None:
    def deep(x: Any, depth: int) -> Any:
        return x if depth == 0 else np.sin(deep(x, depth - 1)) * x

    with opened(explore(deep, 0.5, 500, by="x")) as tab:
        walk(tab, 20)
        assert tab.locator(".node.now").count() == 1
        tab.keyboard.press("End")
        assert shown_number(gradients(tab)["x"]) == pytest.approx(cr.grad(deep)(0.5, 500), rel=1e-12)


def test_what_came_in_not_finite_is_told(opened: Any) -> None:
    for f, point, texts in (
        (lambda x: x, (np.nan,), ["The input x is not finite."]),
        (lambda x, y: x * y, (np.inf, 2.0), ["The input x is not finite.", "Forward: v1, line "]),
        (lambda x: x * np.nan, (2.0,), ["Forward: v1, line "]),
    ):
        with opened(explore(f, *point), "#diagnostics") as tab:
            told = tab.locator(".alarm b").all_inner_texts()
            assert all(told[i].startswith(text) for i, text in enumerate(texts))
            assert tab.locator(".ok").count() == 0


def test_functions_without_a_source(opened: Any) -> None:
    room: dict[str, Any] = {}
    exec("def f(x):\n    return x * x\n", room)
    for f in (room["f"], np.sin):
        with opened(explore(f, 3.0)) as tab:
            assert (
                tab.locator("#source").inner_text() == "The source cannot be found: it is in no file and no notebook."
            )
            tab.locator("#language").select_option("ja")
            assert tab.locator("#source").inner_text().startswith("ソースコードが見つかりません。")
            tab.keyboard.press("End")
            assert shown_number(gradients(tab)["x"]) == pytest.approx(cr.grad(f)(3.0), rel=1e-12)


def test_names_of_any_script_stay_whole(opened: Any) -> None:
    with opened(explore(lambda α, αβ: αβ * α, 2.0, 3.0)) as tab:
        walk(tab, 1)
        assert [text.strip() for text in tab.locator("#rule .eq").all_inner_texts()] == [
            "v1 = αβ * α",
            "= 3 * 2",
            "= 6",
        ]


def recursive(x: Any, depth: Any) -> Any:
    return x if depth == 0 else np.sin(recursive(x, depth - 1) * 1.01) + x


def nested(x: Any) -> Any:
    s = 0.0
    for i in range(12):
        y = x + i
        for j in range(10):
            y = np.sin(y) * x + j
        s = s + y
    return s


def squares(xs: Any) -> Any:
    return [x * x for x in xs], {"sum": sum(xs)}


def written(x: Any) -> Any:
    y = np.zeros(4, like=x)
    for i in range(4):
        y[i] = x * i
    return np.sum(y * y)


class Model:
    def loss(self, p: Any) -> Any:
        return np.sum(p["w"] ** 2) * p["b"]


ODD = [
    (recursive, (1.1, 120), {"by": "x"}),
    (nested, (0.4,), {}),
    (squares, ([float(i) for i in range(40)],), {}),
    (written, (0.3,), {}),
    (Model().loss, ({"w": np.arange(3.0), "b": 2.0},), {}),
    (lambda x: np.abs(np.exp(1j * x) + x) ** 2, (0.3,), {}),
    (lambda x: 3.0, (0.3,), {}),
    (lambda x, *, scale: x * scale, (0.3,), {"scale": 3.0}),
    (np.tanh, (0.3,), {}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("f", "args", "options"), ODD, ids=lambda x: getattr(x, "__name__", ""))
def test_any_function_has_a_page_that_can_be_walked(opened: Any, f: Any, args: Any, options: Any) -> None:
    with opened(explore(f, *args, **options)) as tab:
        for mode in "fr":
            tab.keyboard.press(mode)
            tab.keyboard.press("Home")
            for _ in range(12):
                tab.keyboard.press("PageDown")
                assert tab.locator(".node").count() <= 80
            walk(tab, 30)
            tab.keyboard.press("End")
        for part in ("formula", "compiled", "methods", "diagnostics", "steps"):
            tab.locator(f"#tab-{part}").click()
            assert tab.locator(f"#panel-{part}").inner_text().strip()


def test_a_folded_part_is_reached_by_the_keyboard(opened: Any) -> None:
    f, point = TEXTBOOK["loop100"]
    with opened(explore(f, *point)) as tab:
        fold = tab.locator(".node.fold").last
        assert fold.get_attribute("aria-label").startswith("iterations ")
        fold.focus()
        tab.keyboard.press("Enter")
        assert tab.evaluate("document.activeElement.classList.contains('now')")


def test_lines_and_heavy_steps_are_reached_by_the_keyboard(opened: Any) -> None:
    f, point = TEXTBOOK["loop100"]
    with opened(explore(f, *point), "#diagnostics") as tab:
        tab.locator("#panel-diagnostics tr.go").first.focus()
        tab.keyboard.press("Enter")
        assert tab.locator("#panel-steps").is_visible()
        assert tab.locator("#source .row.now").count() == 1
        tab.keyboard.press("Home")
        tab.locator("#source .row.can").first.focus()
        tab.keyboard.press("Enter")
        assert tab.locator("#position").inner_text().startswith("1 /")
        tab.locator("#tab-compiled").click()
        tab.locator("#panel-compiled .row.can").last.focus()
        assert tab.locator("#panel-compiled .row.hit").count() >= 2
