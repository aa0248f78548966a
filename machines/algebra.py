"""Algebra: what the operation pipeline must know of a type of documents, as pure functions of values.

Theory. Let D be a document, a and b operations made on it, and `D·a` short for `apply(D, a)`. The pipeline gives every
replica the same document, whatever the order in which it hears of operations, if for all of them

    D·a·transform(b, a) == D·b·transform(a, b)      the two authors of a and b agree (TP1)
    D·compose(a, d)     == D·a·d                    d made on D·a: one message may carry several operations
    D·a·invert(D, a)    == D                        what the server refuses can be undone
    D·difference(D, E)  == E                        a whole document can replace ours

and if an operation that is composed of several is transformed as those would be, one after the other. Text is such a
type (`machines.text`); a type of your own is a subclass, and its operations any frozen values.
"""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from statekit.errors import StatekitError

D = TypeVar("D")
O = TypeVar("O")  # noqa: E741 - an operation, as D is a document


class OperationUnfit(StatekitError, ValueError):
    """An operation that a document cannot take, or that nothing can be made of after another one."""


class Algebra(ABC, Generic[D, O]):
    """One type of documents and its operations; an instance holds no state, and equals no other.

    Any of the functions may raise `OperationUnfit` where it says so; what else they raise is a bug.
    """

    name: str
    """What the type is called where a document is saved."""

    @property
    @abstractmethod
    def empty(self) -> D:
        """The document before anything is known of it."""

    @abstractmethod
    def apply(self, document: D, operation: O) -> D:
        """Carry the operation out; raises `OperationUnfit` if the document cannot take it."""

    @abstractmethod
    def transform(self, operation: O, against: O, *, first: bool) -> O:
        """Rewrite an operation to follow another one, made on the same document and carried out before it.

        `first` says that its author goes first where both want the same: the smaller client id does. The other side
        is told the opposite. Raises `OperationUnfit` if nothing can be made of it; it is then given back to its user.
        """

    @abstractmethod
    def compose(self, operation: O, later: O) -> O:
        """Make one operation of two, the later made on what the first one left."""

    @abstractmethod
    def invert(self, document: D, operation: O) -> O:
        """Make the operation that undoes one which was made on the document."""

    @abstractmethod
    def difference(self, old: D, new: D) -> O:
        """Make an operation that turns one document into another."""

    def cross(self, left: O, right: O, *, first: bool) -> tuple[O, O]:
        """Both halves at once: `left` as it follows `right`, and `right` as it follows `left`."""
        return self.transform(left, right, first=first), self.transform(right, left, first=not first)
