"""Names arrive in many spellings; a person is one student, and two people are two."""

import json
from dataclasses import replace
from pathlib import PurePosixPath

import pytest

from grader.lms import FORMATS
from grader.people import BYTES, Person, clean, first_and_last, is_safe, key, slug
from grader.register import Arrival, Register
from grader.results import Origin

NAME = "a2_convolution"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann Lee", "ann-lee"),
        ("../x", "x"),
        ("a/b\\c", "a-b-c"),
        ("李雷", "李雷"),
        ("हिन्दी नाम", "हिन्दी-नाम"),
        ("O'Brien", "o-brien"),
        ("Ann.", "ann"),
        ("-rf", "rf"),
        (".hidden", "hidden"),
        ("x" * 60, "x" * 60),
    ],
)
def test_names_become_those_of_folders(text, expected):
    assert slug(text) == expected


@pytest.mark.parametrize("text", ["", "..", "🦊", "x" * 300, "con", "NUL.txt", "com1", "𠀀" * 300])
def test_what_makes_no_name_gets_letters_of_its_own(text):
    assert slug(text) == slug(text)
    assert slug(text)[-9] == "-"
    assert slug(text) != slug(text + "y")


ALIKE = [
    ("Zoë Lee", "Zoe\u0308 Lee"),
    ("ANN LEE", "ann lee"),
    ("Ann Lee", "Ann\u00a0 Lee "),
    ("שרה", "\u200fשרה\u200e"),
    ("Ann", "\ufeffAnn"),
    ("\uff21nn", "Ann"),
    ("❤️", "❤"),
    ("Ann\x01 Lee\x7f", "Ann Lee"),
    ("Ann\u200b\u2060\u00ad", "Ann"),
    ("A\u034fnn \u3164", "Ann"),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_spellings_of_a_name_are_one_name(one, other):
    assert key(one) == key(other)
    assert slug(one) == slug(other)


LONG = "Maria Fernanda de los Angeles Guadalupe Rodriguez Hernandez Santos "
DIFFERENT = [
    (LONG + "One", LONG + "Two"),
    ("🦊", "🐻"),
    ("Weiß", "Weiss"),
    ("a" * 500 + "b", "a" * 500 + "c"),
    ("J\udcfcrgen", "J\udcf6rgen"),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_names_stay_different(one, other):
    assert key(one) != key(other)
    assert slug(one) != slug(other)


@pytest.mark.parametrize("text", ["𠀀" * 300, "x" * 70_000, "ö" * 255, "\x1b[2J" * 90, "🦊" * 300])
def test_names_fit_into_a_file_system_and_on_a_screen(text):
    # An LMS's number, and letters that tell names apart, may stand behind it.
    assert len(slug(text).encode()) <= BYTES + 9
    assert clean(text).isprintable()
    assert len(clean(text)) <= 300
    assert is_safe(slug(text))


@pytest.mark.parametrize("student", ["", "..", ".x", "-x", "a/b", "a\0b", "a\nb", "x" * 201])
def test_ids_that_are_no_names_of_folders_are_refused(student):
    assert not is_safe(student)


@pytest.mark.parametrize(
    ("full", "parts"),
    [
        ("ada", ("", "ada")),
        ("Ann Lee", ("Ann", "Lee")),
        ("Ann B. Lee", ("Ann B.", "Lee")),
        ("van Dyk, Ann", ("Ann", "van Dyk")),
        ("", ("", "")),
    ],
)
def test_first_and_last_names(full, parts):
    assert first_and_last(full) == parts


class People:
    """A course with a list of students, which an LMS's hand-ins are compared with."""

    def __init__(self, course, monkeypatch):
        self.course, self.patch = course, monkeypatch

    def listed(self, *people):
        self.patch.setattr("grader.register.students_of", lambda course: people)
        self.patch.setattr(
            "grader.register.roster_of", lambda course: ({p.id for p in people}, set())
        )

    def register(self, name=NAME):
        return Register(self.course, name, {n for n, f in FORMATS.items() if f.everywhere})

    def remember(self, origin, name=NAME):
        folder = self.course.submitted(origin.student, name)
        folder.mkdir(parents=True)
        (folder / "origin.json").write_text(json.dumps(vars(origin)))


@pytest.fixture
def people(course, monkeypatch):
    return People(course, monkeypatch)


def moodle(name, number):
    return Origin(slug(name), "moodle", number, name)


def canvas(name, number):
    return Origin(f"{name}-{number}", "canvas", number, name)


def plain(name):
    return Origin(slug(name), full_name=name)


def match(register, owner, names, mail="", alone=True):
    """Return whose a hand-in is that comes by itself."""
    return register.match([Arrival(owner, names, mail, alone)])[0].student


LIST = (
    Person("al1", "Ann", "Lee", "ann.lee@x.edu", "71"),
    Person("bl2", "Bo", "Li", "bo@x.edu", "72"),
    Person("bl3", "Bo", "Li", "bo2@x.edu", "73"),
)


@pytest.mark.parametrize(
    ("owner", "student"),
    [
        (canvas("leeann", "71"), "al1"),
        (canvas("renamed", "71"), "al1"),
        (canvas("leeann", "99"), "leeann-99"),  # somebody else of that name
        (moodle("Ann Lee", "1201"), "al1"),
        (moodle("Lee, Ann", "1201"), "al1"),
        (moodle("Bo Li", "1203"), "bo-li"),  # two are called so
        (plain("al1"), "al1"),
        (plain("ann.lee@x.edu"), "al1"),
        (plain("Ann.Lee"), "al1"),
        (plain("ANN LEE"), "al1"),
        (plain("Cy Oh"), "cy-oh"),
    ],
)
def test_hand_ins_find_the_list_of_students(people, owner, student):
    people.listed(*LIST)
    register = people.register()
    found = match(register, owner, {owner.full_name})
    assert found == student
    assert register.lists(found) == (student in {"al1", "bl2", "bl3"})


def test_canvas_names_find_a_list_without_numbers(people):
    people.listed(Person("al1", "Ann", "de La-Cruz"))
    assert match(people.register(), canvas("delacruzann", "5"), {"delacruzann"}) == "al1"


def in_canvas(name, number=1):
    """Return what the name of a file in Canvas's download says, as it is to be read."""
    return FORMATS["canvas"].readings(PurePosixPath(f"{name}_a2.ipynb"))[number - 1]


#: Names of files that hold a number too many, and whose they are by the list; "?": ask a person.
#: Ann is 71, and two are called Bo: 72 and 73.
NUMBERS = {
    "leeann_71_9001_2": "al1",  # the file begins with a number
    "leeann_72_9001": "bl2",  # the number is certain, whatever the name
    "leeann_LATE_71_9001_3": "al1",
    "leeann_71_900_hw_72_73": "al1",
    "cy_71_80_9": "?",  # cy's name ends with 71
    "cy_71_72_9": "?",
    "leeann_71_72_9": "?",  # of Ann, or of Bo who calls himself leeann_71
    "cy_80_71_9": "?",
    "cy_80_81_9": "cy-80",  # as Canvas reads it, since nobody has any of the numbers
}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_in_a_name_is_nobodys_number(people, name):
    people.listed(*LIST)
    register = people.register()
    owner = register.settle(in_canvas(name))
    student = match(register, owner, {owner.full_name})
    unclear = NUMBERS[name] == "?"
    assert register.lists(student) == (NUMBERS[name] in {"al1", "bl2"})
    assert bool(owner.problem) == unclear
    assert student == NUMBERS[name] or unclear


def test_a_person_whose_name_ends_with_a_number_is_found_by_both(people):
    people.listed(*LIST, Person("cy4", "Cy", "Oh_71", "", "80"))
    register = people.register()
    owner = register.settle(in_canvas("oh_71cy_80_9"))
    assert match(register, owner, {owner.full_name}) == "cy4"
    people.listed(Person("cy4", "", "Cy_71", "", "80"))
    register = people.register()
    owner = register.settle(in_canvas("cy_71_80_9"))
    assert (owner.full_name, owner.lms_id, owner.problem) == ("cy_71", "80", "")
    assert match(register, owner, {owner.full_name}) == "cy4"


def test_what_is_unclear_takes_neither_number_nor_name_from_anybody(people):
    """Neither in this download nor in the next, and it is found again."""
    for again in (False, True):
        register = people.register()
        found = {}
        for name in ("bobb_71_900", "cy_71_72_9", "cy_80_81_9"):
            owner = register.settle(in_canvas(name))
            student = match(register, owner, {owner.full_name})
            found[name] = student
            if not again:
                people.remember(replace(owner, student=student))
        assert found == {
            "bobb_71_900": "bobb-71",
            "cy_71_72_9": "cy-71_72",
            "cy_80_81_9": "cy-80",
        }
    other = register.settle(in_canvas("xena_80_901"))
    assert match(register, other, {"xena"}) == "xena-80"


def test_a_mail_tells_namesakes_apart(people):
    people.listed(*LIST)
    register = people.register()
    for mail, student, number in (("bo@x.edu", "bl2", "1"), ("bo2@x.edu", "bl3", "2")):
        owner = moodle("Bo Li", number)
        assert match(register, owner, {"Bo Li"}, mail, alone=False) == student


def test_without_a_list_everyone_is_on_it(people):
    assert people.register().lists("anyone")


def test_a_number_of_moodle_is_a_persons_in_one_assignment(people):
    people.remember(Origin("ann-lee", "moodle", "12", "Ann Lee"), "a1_data")
    register = people.register()
    assert match(register, moodle("Bo Li", "12"), {"Bo Li"}) == "bo-li"
    assert match(register, moodle("Ann Lee", "77"), {"Ann Lee"}) == "ann-lee"


def test_a_number_of_canvas_is_a_persons_in_all_assignments(people):
    people.remember(Origin("leeann-71", "canvas", "71", "leeann"), "a1_data")
    assert match(people.register(), canvas("newname", "71"), {"newname"}) == "leeann-71"


def test_an_anonymous_number_of_canvas_is_a_persons_in_one_assignment(people):
    people.remember(Origin("anonymous-ab3x9", "canvas", "anon_aB3x9", "anon_aB3x9"), "a1_data")
    other = Origin("anonymous-ab3x9", "canvas", "anon_AB3X9", "anon_AB3X9")
    assert match(people.register(), other, {"other"}) != "anonymous-ab3x9"


def test_two_of_a_name_never_share_a_folder(people):
    register = people.register()
    first = match(register, plain("Bo Li"), {"Bo Li"})
    others = [
        match(register, plain(name), {name}) for name in ("Bo-Li", "Bo, Li", "bo_li", "Bo!Li")
    ]
    assert first == "bo-li"
    assert len({first, *others}) == 5


def test_what_is_told_apart_once_stays_so(people):
    people.remember(Origin("bo-li", full_name="Bo Li"))
    other = match(people.register(), plain("Bo-Li"), {"Bo-Li"})
    assert other not in {"bo-li", "Bo-Li"}
    people.remember(Origin(other, full_name="Bo-Li"))
    assert match(people.register(), plain("Bo-Li"), {"Bo-Li"}) == other
    assert match(people.register(), plain("Bo Li"), {"Bo Li"}) == "bo-li"
    # An instructor who puts late work into folders names them as they are named here.
    assert match(people.register(), plain("bo-li"), {"bo-li"}) == "bo-li"


#: What comes in one download, in order: a hand-in with the mail that the LMS tells; and for each
#: whose it is by the list, with an ! where a person is asked.
DOWNLOADS = {
    "two spellings of a name": (
        [(moodle("Lee, Ann", "1001"), ""), (moodle("Ann Lee", "1002"), "")],
        ["lee-ann-1001!", "ann-lee-1002!"],
    ),
    "two spellings in Canvas": (
        [(canvas("lee-ann", "111"), ""), (canvas("leeann", "333"), "")],
        ["lee-ann-111!", "leeann-333!"],
    ),
    "an account and a name": ([(plain("ann.lee"), ""), (plain("Ann Lee"), "")], None),
    "her mail is certain": (
        [(moodle("Lee, Ann", "1001"), "cy@x.edu"), (moodle("Ann Lee", "1002"), "ann.lee@x.edu")],
        ["lee-ann", "al1"],
    ),
    "her mail, in the other order": (
        [(moodle("Ann Lee", "1002"), "ann.lee@x.edu"), (moodle("Lee, Ann", "1001"), "")],
        ["al1", "lee-ann"],
    ),
    "another mail than hers": (
        [(moodle("Ann Lee", "1001"), "cy@x.edu"), (moodle("Bo Li", "1002"), "bo@x.edu")],
        ["ann-lee", "bl2"],
    ),
    "mails that the list does not have": (
        [(moodle("Ann Lee", "1001"), "u1@y.edu"), (moodle("Cy Oh", "1002"), "u2@y.edu")],
        ["al1", "cy-oh"],
    ),
    "her ID is certain": ([(plain("Ann Lee"), ""), (plain("al1"), "")], ["ann-lee", "al1"]),
    "one mail twice": (
        [(moodle("X", "1001"), "bo@x.edu"), (moodle("Y", "1002"), "bo@x.edu")],
        ["x-1001!", "y-1002!"],
    ),
}


@pytest.mark.parametrize("case", DOWNLOADS)
def test_what_is_certain_comes_first_and_nobody_gets_anothers_place(people, case):
    """The same when it comes again."""
    people.listed(*(replace(each, lms_id="") for each in LIST))
    come, expected = DOWNLOADS[case]
    for again in (False, True):
        register = people.register()
        found = register.match([Arrival(o, {o.full_name}, mail) for o, mail in come])
        told = [f"{one.student}{'!' * bool(one.problem)}" for one in found]
        if expected is None:
            assert all(word.endswith("!") and not word.startswith("al1") for word in told)
        else:
            assert told == expected
        assert [one.matched == "no" for one in found] == [
            one.student not in {"al1", "bl2", "bl3"} for one in found
        ]
        for one in found if not again else ():
            people.remember(one)


def test_a_name_that_was_taken_is_asked_about_when_its_owner_comes(people):
    people.listed(*(replace(each, lms_id="") for each in LIST))
    register = people.register()
    (first,) = register.match([Arrival(moodle("Lee, Ann", "1001"), {"Lee, Ann"})])
    assert (first.student, first.matched, first.problem) == ("al1", "name", "")
    people.remember(first)
    both = [
        Arrival(moodle(name, n), {name}) for name, n in (("Lee, Ann", "1001"), ("Ann Lee", "2"))
    ]
    alone = people.register().match(both[1:])[0]  # the other one is not in this download
    assert alone.student == "ann-lee-2"
    assert alone.problem
    taken, owner = people.register().match(both)
    assert (taken.student, owner.student) == ("al1", "ann-lee-2")
    assert taken.problem == owner.problem != ""
    # Her mail tells, and that the first one is somebody else's.
    mailed = [both[0], replace(both[1], mail="ann.lee@x.edu")]
    taken, owner = people.register().match(mailed)
    assert (taken.student, owner.student) == ("al1", "ann-lee-2")
    assert taken.problem == owner.problem != ""
    # A person gives the first one to Bo.
    folder = people.course.submitted("al1", NAME)
    (folder / "origin.json").unlink()
    people.remember(replace(first, student="bl2", matched=""))
    taken, owner = people.register().match(mailed)
    assert (taken.student, owner.student) == ("bl2", "al1")
    assert taken.problem == owner.problem == ""


def test_a_mail_makes_certain_what_a_name_told(people):
    people.listed(*(replace(each, lms_id="") for each in LIST))
    people.remember(replace(moodle("Ann Lee", "2"), student="al1", matched="name"))
    come = [
        Arrival(moodle("Lee, Ann", "1"), {"Lee, Ann"}),
        Arrival(moodle("Ann Lee", "2"), {"Ann Lee"}, "ann.lee@x.edu"),
    ]
    other, ann = people.register().match(come)
    assert (other.student, ann.student, ann.matched) == ("lee-ann", "al1", "")
    assert ann.problem == ""


def test_a_name_of_which_nothing_is_left_is_nobodys(people):
    people.listed(Person("al1", "", "", "ann.lee@x.edu"), Person("fox", "", "🦊"), *LIST[1:])
    for name, number in (("", "555"), ("🐻", "556")):
        (found,) = people.register().match([Arrival(canvas(name, number), {name})])
        assert (found.student in {"al1", "fox"}, found.matched) == (False, "no")
