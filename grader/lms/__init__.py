"""The learning management systems that submissions come from and grades go to.

One file a format. To add one, write a file with a class of `Format`, and name it here: it is then
recognized by ``collect``, and ``--from`` and ``--to`` know it.
"""

from grader.lms.canvas import Canvas
from grader.lms.format import Format
from grader.lms.moodle import Moodle
from grader.lms.plain import Plain

#: By the names that ``--from`` and ``--to`` take. A file is of the first one that knows its name;
#: the last knows them all.
FORMATS: dict[str, Format] = {each.name: each for each in (Moodle(), Canvas(), Plain())}
