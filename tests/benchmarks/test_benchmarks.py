"""The benchmarks' arithmetic and table, with numbers worked by hand; no measured number counts."""

import pytest

from benchmarks import __main__ as every, arithmetic, browser, grading, pages, small, training
from benchmarks.arithmetic import Race, Spread
from benchmarks.table import Row, format_table, number


def test_operations_of_the_baseline():
    multiply_adds = 26 * 26 * 32 * 9 + 11 * 11 * 64 * 288 + 3 * 3 * 64 * 576 + 64 * 512 + 512 * 10
    assert multiply_adds == 2_794_624
    assert arithmetic.flops_per_image() == 6 * multiply_adds
    # conv3 writes 2×2 that pool3 reads, conv2 8×8, conv1 20×20.
    used = 20 * 20 * 32 * 9 + 8 * 8 * 64 * 288 + 2 * 2 * 64 * 576 + 64 * 512 + 512 * 10
    # conv1 computes no gradient with respect to the picture.
    assert arithmetic.used_flops_per_image() == 6 * used - 2 * 20 * 20 * 32 * 9
    assert arithmetic.matmul_flops(10) == 2_000


def test_spread_and_ratios():
    assert Spread.of([3.0, 1.0, 10.0]) == Spread(3.0, 1.0, 10.0)
    assert arithmetic.paired_ratios([6, 10], [3, 2]) == [2, 5]
    with pytest.raises(ValueError, match="shorter"):
        arithmetic.paired_ratios([1, 2], [1])


SLOW = Race((0.80, 0.88, 0.90, 0.89), (20.0, 40.0, 60.0, 80.0))
FAST = Race((0.85, 0.90), (5.0, 10.0))
NEVER = Race((0.80, 0.85, 0.84), (20.0, 40.0, 60.0))


def test_race_to_an_accuracy():
    assert SLOW.seconds_to(0.9) == 60.0
    assert SLOW.describe(0.9) == "60 s, 3 epochs"
    assert NEVER.seconds_to(0.9) is None
    assert NEVER.describe(0.9) == "not reached in 60 s (best 0.8500)"
    assert arithmetic.speedup(SLOW, FAST, 0.9) == (6.0, False)
    assert arithmetic.speedup(NEVER, FAST, 0.9) == (6.0, True)
    assert arithmetic.speedup(SLOW, NEVER, 0.9) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12345.6, "12,346"),
        (99.96, "100.0"),
        (12.34, "12.3"),
        (5.0, "5.00"),
        (0.0512, "0.051"),
        (-0.02, "-0.020"),
        (0, "0.000"),
    ],
)
def test_numbers_are_short(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("row", "met"),
    [
        (Row("a", 3.0, at_least=2.5), True),
        (Row("a", 2.0, at_least=2.5), False),
        (Row("a", 0.1, at_most=0.2), True),
        (Row("a", 0.3, at_most=0.2), False),
        (Row("a", 0.1, at_most=0.2, lower_bound=True), None),
        (Row("a", 0.3, at_most=0.2, lower_bound=True), False),
        (Row("a", 3.0, at_least=6, lower_bound=True), None),
        (Row("a", 7.0, at_least=6, lower_bound=True), True),
        (Row("a", 3.0), None),
        (Row("a", "not installed", at_least=2), None),
    ],
)
def test_whether_a_target_is_met(row, met):
    assert row.met is met
    assert row.to_dict()["met"] is met


def test_table():
    rows = [
        Row("loop", 3000.0, "images/s", 2900.0, 3100.0),
        Row("ratio", 2.0, "times", 2.0, 2.0, at_least=2.5),
        Row("sooner", 8.0, "times", at_least=6, lower_bound=True),
        Row("PyTorch", "not installed"),
    ]
    text = format_table([("Rate", rows), ("Other", [Row("import", 0.05, "s", at_most=0.2)])])
    assert text.splitlines() == [
        "what     measured  unit      spread         target",
        "",
        "Rate",
        "----",
        "loop        3,000  images/s  2,900 – 3,100",
        "ratio        2.00  times                    ≥ 2.50   MISSED",
        "sooner     > 8.00  times                    ≥ 6.00   met",
        "PyTorch  not installed",
        "",
        "Other",
        "-----",
        "import      0.050  s                        ≤ 0.200  met",
    ]


def test_rows_from_rates():
    flops = 6 * 2_794_624
    found = {
        "origin": [100.0, 200.0, 100.0],
        "fast": [300.0, 400.0, 350.0],
        "matmul": [1000.0 * flops] * 3,
    }
    rows = {row.what: row for row in training.rate_rows(found)}
    assert rows["origin's loop"].value == 100
    ratio = rows["our fast preset / origin's loop"]
    assert (ratio.value, ratio.low, ratio.high, ratio.met) == (3.0, 2.0, 3.5, True)
    assert rows["plain PyTorch loop"].value == "PyTorch is not installed"
    share = rows["our fast preset: share of it, operations as defined"]
    assert (share.value, share.met) == (pytest.approx(35), False)
    done = rows["our fast preset: share of it, operations done"]
    assert done.value == pytest.approx(35 * 8_650_752 / (6 * 2_794_624))
    both = training.rate_rows({**found, "pytorch": [150.0, 100.0, 100.0]})
    assert {row.what: row for row in both}["our fast preset / plain PyTorch loop"].value == 3.5


def test_rows_from_races():
    got_there = Race((0.8, 0.9), (30.0, 60.0)), Race((0.9,), (6.0,))
    not_yet = Race((0.8, 0.81), (30.0, 50.0)), Race((0.9,), (5.0,))
    races = [got_there, not_yet]
    rows = training.race_rows(
        training.Races({"origin": [a for a, _ in races], "fast": [b for _, b in races]}, {})
    )
    assert rows[0].value == "60 s, 2 epochs; not reached in 50 s (best 0.8100)"
    assert (rows[1].value, rows[1].unit) == (5.5, "s")
    assert (rows[2].value, rows[2].lower_bound, rows[2].met) == (10.0, True, True)
    rows = training.race_rows(training.Races({"origin": [FAST], "fast": [NEVER]}, {}))
    assert rows[2].value == "our fast preset did not get there"


@pytest.mark.parametrize("command", [every, grading])
def test_a_command_says_what_it_measures(command, capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(["--help"])
    assert ended.value.code == 0
    assert "Measure" in capsys.readouterr().out


def test_a_row_of_repeats_has_their_spread():
    assert Row.of("a", [3.0, 1.0, 10.0], "s", at_most=5) == Row("a", 3.0, "s", 1.0, 10.0, at_most=5)


def test_a_browser_finds_what_is_measured_in_it(chromium):
    times = browser.forward_times(chromium, 2)
    assert len(times) == 2
    assert min(times) > 0
    if all((browser._TFJS / name).exists() for name in browser._CPU):
        (rate,) = browser.tensorflow_rates(chromium, 1, batch=2)
        assert rate > 0


def test_rows_of_chapters():
    rows = small.chapter_rows(
        {"chapters/02_b": 12.0, "chapters/04_training": 170.0, "chapters/01_a": 31.0}
    )
    assert [(row.what, row.met) for row in rows] == [
        ("chapters/01_a", False),
        ("chapters/02_b", True),
        ("chapters/04_training", True),
        ("these together", None),
    ]
    assert rows[-1].value == 213
    assert "make book" in small.chapter_rows({})[0].value


@pytest.mark.book
def test_the_build_keeps_the_seconds_of_what_it_executes():
    seconds = small.executed_chapters()
    assert seconds
    assert set(seconds) <= set(pages.chapters())
    assert all(value > 0 for value in seconds.values())
