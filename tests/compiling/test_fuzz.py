"""Some random programs, the same ones each time; python -m tests.fuzz.compiled --programs 20000 runs many others."""

from tests.fuzz import compiled, functions


def test_random_programs_agree_in_every_way(capsys) -> None:
    status = compiled.main(["--programs", "60", "--from", "100000"])
    assert status == 0, capsys.readouterr().out


def test_programs_that_differed_once() -> None:
    for seed in (20, 352, 1573, 2250, 3062, 3900, 9019769, 12001057):
        assert compiled.main(["--seed", str(seed)]) == 0


def test_random_functions_agree_by_every_route(capsys) -> None:
    status = functions.main(["--programs", "12", "--from", "1"])
    assert status == 0, capsys.readouterr().out
