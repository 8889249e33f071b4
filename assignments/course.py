"""An instructor's course folder: nbgrader's folders and gradebook, and the seed.

It holds students' work and grades, so it stays out of the repository (``.gitignore`` names the
default, ``grading/``).
"""

import os
import secrets
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import SaveCells
from nbgrader.utils import capture_log
from traitlets.config import Config

from assignments.build import ROOT, Definition, define, source_notebook

CONFIG = """\
# For `nbgrader` and its formgrader, started in this folder.
c = get_config()
c.CourseDirectory.root = {root!r}
c.CourseDirectory.course_id = "course"
c.CourseDirectory.db_url = {database!r}
"""


class CourseError(Exception):
    """A command that cannot be carried out in this course; the message says what to do."""


@dataclass(frozen=True)
class Course:
    """A course folder.

    Attributes
    ----------
    root : Path
        Made when first needed, readable by its owner alone.
    """

    root: Path

    @classmethod
    def open(cls, folder: str | Path | None = None) -> "Course":
        """Return the course in `folder`, else in $GRADING_FOLDER, else in ``grading/``."""
        named = folder or os.environ.get("GRADING_FOLDER") or ROOT / "grading"
        course = cls(Path(named).expanduser().resolve())
        # nbgrader starts `alembic` by name, also where the environment is not activated.
        programs = str(Path(sys.executable).parent)
        if programs not in os.environ.get("PATH", "").split(os.pathsep):
            os.environ["PATH"] = os.pathsep.join([programs, os.environ.get("PATH", "")])
        if not course.root.exists():
            course.root.mkdir(parents=True, mode=0o700)
        config = course.root / "nbgrader_config.py"
        text = CONFIG.format(root=str(course.root), database=course.database)
        if not config.exists() or config.read_text() != text:
            config.write_text(text)
        return course

    @property
    def database(self) -> str:
        """The address of nbgrader's gradebook."""
        return f"sqlite:///{self.root / 'gradebook.db'}"

    def gradebook(self) -> Gradebook:
        """Open the gradebook; use it in a `with` statement, in one process at a time."""
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
                f"{name} is not released in {self.root}: python -m assignments release {name}"
            )
        return path.read_bytes()

    def seed(self, given: str | None = None) -> str:
        """Return the secret from which hidden inputs are drawn.

        `given`, else $GRADING_SEED, else the file ``seed.txt``, which is made at random when
        first needed.

        Raises
        ------
        CourseError
            If the seed is shorter than eight characters, which could be guessed.
        """
        path = self.root / "seed.txt"
        seed = given or os.environ.get("GRADING_SEED") or ""
        if not seed:
            if not path.exists():
                path.touch(mode=0o600)
                path.write_text(secrets.token_hex(16) + "\n")
            seed = path.read_text().strip()
        if len(seed) < 8:
            raise CourseError("The seed has fewer than eight characters: it could be guessed.")
        return seed

    def submitted(self, student: str, name: str) -> Path:
        """Return the folder of one submission."""
        return self.root / "submitted" / student / name

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

    def _write_source(self, definition: Definition, repository: str | None) -> None:
        folder = self.root / "source" / definition.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / f"{definition.name}.ipynb").write_text(source_notebook(definition, repository))


def build(name: str, repository: str | None = None) -> str:
    """Return the text of the released notebook that stands in the repository."""
    with tempfile.TemporaryDirectory() as folder:
        return Course.open(folder).release(name, repository, book=False).read_text("utf-8")
