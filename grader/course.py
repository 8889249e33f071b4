"""An instructor's course folder: nbgrader's folders and gradebook, and the seed.

It holds students' work and grades, so it stays out of the repository (``.gitignore`` names the
default, ``term/``).
"""

import os
import secrets
import shlex
import shutil
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbgrader.api import Gradebook

    from grader.release import Definition

ROOT = Path(__file__).resolve().parent.parent

CONFIG = """\
# For `nbgrader`, started in this folder: it reads and exports the gradebook.
c = get_config()
c.CourseDirectory.root = {root!r}
c.CourseDirectory.course_id = "course"
c.CourseDirectory.db_url = {database!r}
# Its autograder and formgrader would run what students handed in as you, without a sandbox, and
# show it unsanitised: they look where nothing is. Use `python -m grader grade` and `review`.
c.CourseDirectory.submitted_directory = "nothing-to-run-here"
c.CourseDirectory.autograded_directory = "nothing-to-show-here"
"""


PRIVATE = ("gradebook.db", "journal.jsonl", "seed.txt")


class CourseError(Exception):
    """A command that cannot be carried out in this course; the message says what to do."""


def default_folder() -> Path:
    """Return the course folder if none is named: $GRADING_FOLDER, else ``term/``."""
    return Path(os.environ.get("GRADING_FOLDER") or ROOT / "term").expanduser().resolve()


def given_seed(given: str | None = None) -> str:
    """Return the seed `given`, else $GRADING_SEED, else an empty text.

    Raises
    ------
    CourseError
        If the seed is shorter than eight characters, which could be guessed.
    """
    seed = (given or os.environ.get("GRADING_SEED") or "").strip()
    if given is not None or seed:
        _check(seed)
    return seed


def _check(seed: str) -> None:
    if len(seed) < 8:
        raise CourseError("The seed has fewer than eight characters: it could be guessed.")


@dataclass(frozen=True)
class Course:
    """A course folder.

    Attributes
    ----------
    root : Path
        Readable by its owner alone.
    """

    root: Path

    @classmethod
    def open(cls, folder: str | Path | None = None) -> "Course":
        """Return the course in `folder`, else in `default_folder`; make it if there is none.

        Raises
        ------
        CourseError
            If the folder is one that all users of the machine write to, such as /tmp.
        """
        course = cls(Path(folder).expanduser().resolve() if folder else default_folder())
        # nbgrader starts `alembic` by name, also where the environment is not activated.
        programs = str(Path(sys.executable).parent)
        if programs not in os.environ.get("PATH", "").split(os.pathsep):
            os.environ["PATH"] = os.pathsep.join([programs, os.environ.get("PATH", "")])
        course.root.mkdir(parents=True, mode=0o700, exist_ok=True)
        course._keep_private()
        text = CONFIG.format(root=str(course.root), database=course.database)
        if not course.exists or course.config.read_text() != text:
            course.config.write_text(text)
        return course

    @classmethod
    def find(cls, folder: str | Path | None = None) -> "Course":
        """Return the course as `open` does, but make none.

        Raises
        ------
        CourseError
            If there is none.
        """
        course = cls(Path(folder).expanduser().resolve() if folder else default_folder())
        if not course.exists:
            raise CourseError(
                f"There is no course in {course.root}. The first release makes it: "
                f"python -m grader release NAME{course.option}"
            )
        return cls.open(folder)

    @property
    def config(self) -> Path:
        """The settings for nbgrader, which every course folder has."""
        return self.root / "nbgrader_config.py"

    @property
    def exists(self) -> bool:
        """Whether the folder is that of a course."""
        return self.config.exists()

    @property
    def option(self) -> str:
        """What a command needs behind it to find this course, with a space before it."""
        return "" if self.root == default_folder() else f" --course {shlex.quote(str(self.root))}"

    def _keep_private(self) -> None:
        """Take the folder, the gradebook and the seed from everyone but their owner."""
        if self.root.stat().st_mode & stat.S_ISVTX:
            raise CourseError(f"All users share {self.root}: name a folder in it for the course.")
        for path in (self.root, *(self.root / name for name in PRIVATE)):
            if path.exists() and path.stat().st_mode & 0o077:
                path.chmod(path.stat().st_mode & 0o700)

    @property
    def database(self) -> str:
        """The address of nbgrader's gradebook."""
        return f"sqlite:///{self.root / 'gradebook.db'}"

    def gradebook(self) -> "Gradebook":
        """Open the gradebook; use it in a `with` statement, in one process at a time."""
        from nbgrader.api import Gradebook  # takes seconds, which quick commands do without

        return Gradebook(self.database, "course")

    def released(self, name: str) -> bytes:
        """Return the released notebook.

        Raises
        ------
        CourseError
            If the assignment has not been released in this course.
        """
        path = self.root / "release" / name / f"{name}.ipynb"
        if not path.exists():
            raise CourseError(
                f"{name} is not released in {self.root}: "
                f"python -m grader release {name}{self.option}"
            )
        return path.read_bytes()

    def seed(self, given: str | None = None) -> str:
        """Return the secret from which hidden inputs are drawn.

        `given`, else $GRADING_SEED, else the file ``seed.txt``, else one made at random. It is
        kept in ``seed.txt``, so that all of a term is graded with the same.

        Raises
        ------
        CourseError
            If the seed could be guessed, or is not the one that submissions were graded with.
        """
        path, seed = self.root / "seed.txt", given_seed(given)
        kept = path.read_text().strip() if path.exists() else ""
        if seed and kept not in ("", seed) and self._has_grades():
            raise CourseError(
                f"The seed given (--seed or $GRADING_SEED) is not the one in {path}, with which "
                "submissions have been graded. Leave it out; or delete that file, and all are "
                "graded anew with the seed given."
            )
        if not (seed or kept) and self._has_grades():
            raise CourseError(
                f"There is no seed in {path}, and submissions have been graded with it: put your "
                "copy back. With --seed and another one, all are graded anew."
            )
        seed = seed or kept or secrets.token_hex(16)
        _check(seed)
        if seed != kept:
            path.touch(mode=0o600)
            path.write_text(seed + "\n")
        return seed

    def _has_grades(self) -> bool:
        return (self.root / "journal.jsonl").exists() or (self.root / "autograded").exists()

    def submitted(self, student: str, name: str) -> Path:
        """Return the folder of one submission."""
        return self.root / "submitted" / student / name

    def autograded(self, student: str, name: str) -> Path:
        """Return the folder of a submission's result."""
        return self.root / "autograded" / student / name

    def release(self, name: str, repository: str | None = None, book: bool = True) -> Path:
        """Make the students' notebook with nbgrader and enter its cells in the gradebook.

        Parameters
        ----------
        book : bool
            False leaves the gradebook alone.

        Returns
        -------
        Path
            The notebook for students.

        Raises
        ------
        CourseError
            With nbgrader's words, if it fails.
        """
        from nbgrader.converters import GenerateAssignment
        from nbgrader.coursedir import CourseDirectory
        from nbgrader.preprocessors import SaveCells
        from nbgrader.utils import capture_log
        from traitlets.config import Config

        from grader.release import define

        self._write_source(define(name), repository)
        config = Config()
        config.CourseDirectory.root = str(self.root)
        config.CourseDirectory.course_id = "course"
        config.CourseDirectory.db_url = self.database
        config.CourseDirectory.assignment_id = name
        folder = CourseDirectory(config=config)
        app = GenerateAssignment(coursedir=folder, config=config)
        app.force = app.create_assignment = True
        if not book:
            app.no_database = True
            app.preprocessors = [each for each in app.preprocessors if each is not SaveCells]
        outcome = capture_log(app)
        if not outcome["success"]:
            raise CourseError(outcome.get("log") or outcome.get("error") or "nbgrader failed")
        return self.root / "release" / name / f"{name}.ipynb"

    def _write_source(self, definition: "Definition", repository: str | None) -> None:
        from grader.builder import source_notebook

        folder = self.root / "source" / definition.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / f"{definition.name}.ipynb").write_text(source_notebook(definition, repository))


def released_text(name: str, repository: str | None = None) -> str:
    """Return the text of the released notebook that stands in the repository."""
    with tempfile.TemporaryDirectory() as folder:
        return Course.open(folder).release(name, repository, book=False).read_text("utf-8")
