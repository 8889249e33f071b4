"""Start-up file of the kernels that execute the book: `claim`, which claim cells call.

A claim cell stands behind a sentence that data can refute. It says how the data decide, and
names other data for which the sentence is false: a claim that nothing refutes says nothing.
"""

from collections.abc import Callable


def claim(sentence: str, margin: Callable, data: object, *, unlike: object) -> None:
    """Fail the build unless a sentence of the page is true of `data` and false of `unlike`.

    Parameters
    ----------
    sentence : str
        The sentence, or the words of it that decide.
    margin : function of `data` or `unlike`
        By how much the sentence holds: a number, above 0 where it is true; or a truth value.
    data : object
        What the sentence is about, as the page has it.
    unlike : object
        A counter-example of the same form: other weights, permuted labels, another text value.

    Raises
    ------
    AssertionError
        If the sentence is not true, or if the counter-example does not refute it.
    """
    from IPython.display import display

    held, refuted = margin(data), margin(unlike)
    assert held > 0, f"The page says “{sentence}”. That is not true: {held}."
    assert not refuted > 0, f"The counter-example does not refute “{sentence}”: {refuted}."
    record = {"sentence": sentence, "margin": float(held), "unlike": float(refuted)}
    display({"application/vnd.course.claim+json": record, "text/plain": str(record)}, raw=True)
