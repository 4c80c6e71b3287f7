"""Some random programs, other ones each time; python -m tests.fuzz.compiled --programs 20000 runs many."""

from tests.fuzz import compiled


def test_random_programs_agree_in_every_way(capsys) -> None:
    status = compiled.main(["--programs", "60"])
    assert status == 0, capsys.readouterr().out


def test_programs_that_differed_once() -> None:
    for seed in (20, 352, 1573, 2250, 3062, 3900):
        assert compiled.main(["--seed", str(seed)]) == 0
