"""``slth instances`` as users meet it: choosing, solving, making, and finding what is not true."""

import csv
import json
import shlex
import shutil
from dataclasses import replace

import pytest

from slth_opt.certificates import certificate_to_dict, sealed
from slth_opt.cli.instances import ACTIONS
from slth_opt.instances import family_named, read_entries, writing
from slth_opt.instances.pages import pages_of
from slth_opt.instances.writing import plan_jobs, write_job
from slth_opt.library import (
    certificate_path,
    read_certificate,
    read_instance,
    write_certificate,
)
from slth_opt.problems.legality import mask_of
from slth_opt.results import Stop

MAKE = ("instances", "generate", "near-tie", "--group", "small", "--certify")
STEM = "near-tie-n16-k8-b40-s1"
PLACE = f"instances/near-tie/{STEM}.json"
EXAMPLES = [example for action in ACTIONS for example in action.examples]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A library of two instances, with certificates and pages, made once."""
    folder = tmp_path_factory.mktemp("library")
    for job in plan_jobs([family_named("near-tie")], folder, groups=["small"], certified=True):
        write_job(job)
    for name, text in pages_of(folder, read_entries(folder)).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def library(slth, made, tmp_path):
    """A command line in a folder with a copy of that library."""
    shutil.copytree(made, tmp_path / "instances")
    return slth


def change(place, **fields):
    """Change fields of a certificate and seal it again, as a forger would."""
    certificate = read_certificate(place)
    write_certificate(place, sealed(replace(certificate, **fields)))


def swear(value, indices, problem, certificate):
    """Return a certificate in which all witnesses swear that a worse selection is the best."""
    witnesses = tuple(
        replace(witness, value=value, lower_bound=value) for witness in certificate.witnesses
    )
    error = problem.grid.exact_string(problem.error(mask_of(indices, problem.num_candidates)))
    return sealed(
        replace(
            certificate, indices=indices, value=value, error=error, lower_bound=value,
            witnesses=witnesses,
        )
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_of_every_action_runs(slth, example):
    """An example shown by the help of an action works when it is typed as it stands."""
    slth("instances", "generate", "quantised-fixed", "--group", "small", "--certify")
    slth("instances", "table")
    assert slth(*shlex.split(example)[1:]).code == 0


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.name)
def test_help_of_an_action_shows_its_examples(slth, action):
    """The help of an action shows each of its examples, whole and on one line."""
    shown = slth("instances", action.name, "--help").out
    assert [e for e in action.examples if f"\n  {e}\n" not in shown] == []


@pytest.mark.parametrize("action", ["list", "table", "check", "solve"])
def test_a_missing_library_is_named_in_one_line(slth, action):
    """Without a folder of instances every action says so, and how to get one."""
    run = slth("instances", action, "--folder", "nowhere")
    assert (run.code, run.out) == (2, "")
    assert run.err == (
        "slth instances: nowhere: there is no such folder; name one that holds instances with "
        "--folder DIR, or make one: slth instances generate uniform-fixed\n"
    )


def test_list_shows_what_filters_leave(library):
    """Filters leave the instances that fit all of them."""
    library("instances", "generate", "smallest-hopeless", "--group", "small")
    chosen = library(
        "instances", "list", "--problem", "subset_sum,vector_sum", "--max-candidates", "16",
        "--status", "easy", "--json",
    ).json["instances"]  # fmt: skip
    assert [row["family"] for row in chosen] == ["near-tie", "near-tie"]


@pytest.mark.parametrize(
    ("option", "value"),
    [("--group", "tiny"), ("--status", "solved"), ("--problem", "tsp"), ("--family", "near")],
)
def test_an_unknown_value_of_a_filter_is_answered_with_the_known_ones(library, option, value):
    """A filter that fits nothing by mistake is refused."""
    run = library("instances", "list", option, value)
    assert run.code == 2
    assert run.err.startswith(f"slth instances: {option} '{value}' is none of the ")


def test_a_name_that_is_nearly_right_is_answered_with_the_right_one(library):
    """A mistyped name is answered with the nearest names there are."""
    run = library("instances", "show", "near-tie-n16-k8-b40-s")
    assert run.code == 2
    assert STEM in run.err


@pytest.mark.parametrize("name", [STEM, f"near-tie/{STEM}", PLACE])
def test_show_takes_stem_name_and_path(library, name):
    """An instance may be named by its stem, with its family, or by its file."""
    shown = library("instances", "show", name, "--json").json
    assert shown["instance"] == f"near-tie/{STEM}"


@pytest.mark.slow
def test_every_command_that_show_suggests_runs(library):
    """The command lines at the end of `show` work as they stand."""
    commands = library("instances", "show", STEM, "--json").json["commands"]
    assert [library(*shlex.split(line)[1:]).code for line in commands] == [0] * 4


def test_solve_says_right_of_an_exact_method(library):
    """An exact method that finds and proves the stored optimum is right."""
    answers = library("instances", "solve", STEM, "--backend", "enumeration", "--json").json
    assert [a["verdict"] for a in answers["answers"]] == ["right"]


@pytest.mark.slow
def test_solve_says_unproven_of_a_solver_in_floating_point(library):
    """CBC reaches the optimum here, and proves nothing."""
    answers = library("instances", "solve", STEM, "--backend", "cbc", "--json").json["answers"]
    assert answers[0]["verdict"].startswith("right, unproven")


def test_solve_improves_an_open_instance(library):
    """Without its certificate an instance is open, and a selection is news."""
    certificate_path(PLACE).unlink()
    answers = library("instances", "solve", STEM, "--json").json["answers"]
    assert answers[0]["verdict"] == f"open, improved to {answers[0]['value']}"


def test_solve_refutes_a_forged_optimum(library):
    """A stored optimum that is too high is refuted by whoever finds a better selection."""
    forge_optimum()
    run = library("instances", "solve", STEM)
    assert run.code == 1
    assert "REFUTED: it found" in run.out


def forge_optimum():
    """Swear that the first numbers of the pool are the best selection."""
    problem, place = read_instance(PLACE).problem, certificate_path(PLACE)
    indices = tuple(range(problem.fewest))
    value = problem.value(mask_of(indices, problem.num_candidates))
    write_certificate(place, swear(value, indices, problem, read_certificate(place)))


def test_check_finds_a_forged_optimum(library):
    """A wrong optimum with a right seal is found by the proof in plain Python."""
    forge_optimum()
    library("instances", "table")
    run = library("instances", "check")
    assert run.code == 1
    assert f"near-tie/{STEM}: its certificate is not true: " in run.out


def test_check_again_finds_what_is_too_large_for_plain_python(library, monkeypatch):
    """With --again a wrong optimum is refuted by the methods that are said to have proven it."""
    monkeypatch.setattr("slth_opt.reproving.MOST_STEPS", 10)
    monkeypatch.setattr("slth_opt.reproving.search_below.__kwdefaults__", {"most_steps": 10})
    forge_optimum()
    library("instances", "table")
    assert library("instances", "check").code == 0
    run = library("instances", "check", "--again", "--json")
    trouble = run.json["trouble"][f"near-tie/{STEM}"]
    assert run.code == 1
    assert [line.split(",")[0].partition(" found ")[0] for line in trouble] == [
        "'meeting'",
        "'branching'",
    ]


def test_check_again_finds_the_optima_once_more(library):
    """What is true is found once more, by a method of each family that proved it."""
    found = library("instances", "check", "--again", "--json").json
    assert (found["solved_again"], found["trouble"], found["undecided"]) == (2, {}, {})


def test_check_names_the_wrong_cell_of_the_index(library, tmp_path):
    """An index that says another optimum than the certificate is found, cell by cell."""
    place = tmp_path / "instances" / "index.csv"
    rows = list(csv.DictReader(place.read_text().splitlines()))
    place.write_text(place.read_text().replace(f",{rows[0]['digest']}", ",00ff"))
    run = library("instances", "check", "--json")
    assert run.code == 1
    assert run.json["trouble"]["index.csv"] == [
        f"{rows[0]['instance']}: digest is '00ff', its files say '{rows[0]['digest']}'"
    ]


def test_check_finds_a_file_in_the_wrong_folder(library, tmp_path):
    """An instance in the folder of another family is found."""
    (tmp_path / "instances" / "near-tie").rename(tmp_path / "instances" / "far-tie")
    trouble = library("instances", "check", "--json").json["trouble"]
    assert trouble[f"far-tie/{STEM}"] == [
        "it lies in 'far-tie' and says that it is of the family 'near-tie'"
    ]


def test_check_goes_on_after_a_file_that_cannot_be_read(library, tmp_path):
    """One damaged file is named; the others are checked all the same."""
    (tmp_path / PLACE).write_text("{")
    found = library("instances", "check", "--json").json
    assert found["trouble"][f"near-tie/{STEM}"][0].startswith(PLACE)
    assert found["reproven"] == 1


def test_the_index_repeats_no_certificate_that_is_not_true(library):
    """A certificate whose evidence is stronger than its witnesses makes no line of an index."""
    place = certificate_path(PLACE)
    change(place, witnesses=read_certificate(place).witnesses[:1])
    run = library("instances", "table")
    assert run.code == 1
    assert f"{place}: is not true: " in run.err
    assert "its witnesses make it 'single'" in run.err
    trouble = library("instances", "check", "--json").json["trouble"]
    assert len(trouble[f"near-tie/{STEM}"]) == 1


def test_an_index_that_is_no_table_is_told(library, tmp_path):
    """A cell without end, as a lost quotation mark makes, is one line of the report."""
    (tmp_path / "instances" / "index.csv").write_text('instance\n"' + "a" * 200_000)
    run = library("instances", "check")
    assert run.code == 1
    assert "index.csv: is no table: field larger than field limit" in run.out


def test_a_column_too_many_in_the_index_is_told(library, tmp_path):
    """An index that says more than the files do is not what the files say."""
    place = tmp_path / "instances" / "index.csv"
    place.write_text("".join(f"{line},1\n" for line in place.read_text().splitlines()))
    run = library("instances", "check")
    assert run.code == 1
    assert "index.csv: holds the right lines in another form" in run.out


def test_a_page_that_is_a_folder_is_told(library, tmp_path):
    """What cannot be read is one line of the report as well."""
    (tmp_path / "instances" / "optima.solu").unlink()
    (tmp_path / "instances" / "optima.solu").mkdir()
    run = library("instances", "check")
    assert run.code == 1
    assert "optima.solu: cannot be read: Is a directory" in run.out


def test_table_check_tells_and_writes_nothing(library, tmp_path):
    """`table --check` exits 1 for a page that is not current, and leaves it as it is."""
    place = tmp_path / "instances" / "optima.solu"
    place.write_text("old")
    assert library("instances", "table", "--check").code == 1
    assert place.read_text() == "old"
    assert library("instances", "table").code == 0
    assert library("instances", "table", "--check").code == 0


def test_generate_leaves_alone_what_is_there(library):
    """A second run writes nothing, and makes again what was removed."""
    certificate_path(PLACE).unlink()
    before = read_instance(PLACE)
    assert library(*MAKE, "--json").json == {"written": [PLACE], "there": 1}
    assert read_instance(PLACE) == before
    assert certificate_path(PLACE).exists()


def test_generate_goes_on_after_an_interruption(slth, monkeypatch):
    """Ctrl-C leaves whole files and exit code 130; the same command does the rest."""
    real = writing.certify

    def interrupt(problem, effort):
        monkeypatch.setattr(writing, "certify", real)
        raise KeyboardInterrupt

    monkeypatch.setattr(writing, "certify", interrupt)
    run = slth(*MAKE)
    assert (run.code, run.out.splitlines()[1]) == (130, "2 are left: the same command goes on")
    assert slth(*MAKE, "--json").json["there"] == 0
    assert slth(*MAKE, "--json").json["there"] == 2


def test_half_an_answer_is_not_written(slth, monkeypatch):
    """A method that Ctrl-C stopped leaves no certificate behind, however good its answer is."""
    real = writing.certify

    def stopped(problem, effort):
        whole = real(problem, effort)
        cut = replace(whole.witnesses[-1], stop=Stop.INTERRUPTED)
        return replace(whole, witnesses=(*whole.witnesses[:-1], cut))

    monkeypatch.setattr(writing, "certify", stopped)
    assert slth(*MAKE).code == 130
    assert not certificate_path(PLACE).exists()


def test_generate_refuses_to_overwrite_another_instance(library, tmp_path):
    """A file that holds other numbers than its name says is not overwritten."""
    place = tmp_path / PLACE
    data = json.loads(place.read_text())
    data["problem"]["target"] += 1
    place.write_text(json.dumps(data))
    run = library(*MAKE)
    assert run.code == 2
    assert "holds another instance than its name says" in run.err
    assert json.loads(place.read_text()) == data


def test_another_seed_draws_other_numbers(slth):
    """`--seed 1000` makes instances of the same sizes with other numbers and seeds from 1000."""
    slth("instances", "generate", "near-tie", "--group", "small")
    slth("instances", "generate", "near-tie", "--group", "small", "--seed", "1000")
    rows = slth("instances", "list", "--json").json["instances"]
    assert sorted(row["seed"] for row in rows) == [1, 2, 1000, 1001]
    assert len({row["digest"] for row in rows}) == 4


@pytest.mark.slow
def test_workers_write_the_same_files(slth, tmp_path):
    """Two processes write what one writes."""
    for folder, workers in (("one", "1"), ("two", "2")):
        slth("instances", "generate", "planted-any", "--workers", workers, "--folder", folder)
    one, two = (
        {p.name: p.read_bytes() for p in (tmp_path / folder).glob("*/*.json")}
        for folder in ("one", "two")
    )
    assert one == two
    assert len(one) > 3


@pytest.mark.parametrize("form", ["mps", "lp", "opb", "cpsat"])
def test_export_takes_the_files_of_the_library(library, form):
    """An instance of the library goes out in every format."""
    run = library("export", PLACE, "--format", form)
    assert run.code == 0
    assert len(run.out.splitlines()) > 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("generate", "nothing"), "there is no family 'nothing'; there are uniform-fixed, "),
        (("generate", "near-tie", "--seed", "-1"), "a seed is an integer >= 0, got -1"),
        (("generate", "near-tie", "--workers", "0"), "workers must be at least 1, got 0"),
        (("generate", "near-tie", "--group", "huge"), "--group 'huge' is none of small, "),
        (("check", "--seconds", "0"), "--seconds must be above 0, got 0.0"),
        (("solve", "--backend", "magic"), "there is no backend 'magic'; there are "),
    ],
)
def test_bad_input_is_answered_in_one_line(library, arguments, message):
    """What cannot be is refused in one line that says what can."""
    run = library("instances", *arguments)
    assert run.code == 2
    assert run.err.startswith(f"slth instances: {message}")
    assert run.err.count("\n") == 1


def test_certificates_of_the_library_are_those_of_certify(library):
    """The certificate beside an instance has the form `slth certify` writes."""
    said = json.loads(certificate_path(PLACE).read_text())
    assert list(said) == list(certificate_to_dict(read_certificate(certificate_path(PLACE))))
