"""The peers, by their names on the package index, and what is written by hand."""

from benchmarks.engines.automat_machine import automat_machine
from benchmarks.engines.automaton_machine import automaton_machine
from benchmarks.engines.by_hand import by_hand
from benchmarks.engines.dict_step import dict_step
from benchmarks.engines.pygenfsm_machine import pygenfsm_machine
from benchmarks.engines.python_statemachine import python_statemachine
from benchmarks.engines.transitions_machine import transitions_machine
from benchmarks.workload import Engine

H = Engine("H: hand-written class", by_hand)
DICT = Engine("hand-written dict step", dict_step)
PYGENFSM = Engine("pygenfsm", pygenfsm_machine)
AUTOMATON = Engine("automaton", automaton_machine, resolved=True)
AUTOMAT = Engine("Automat", automat_machine, resolved=True)
TRANSITIONS = Engine("transitions", transitions_machine)
PYTHON_STATEMACHINE = Engine("python-statemachine", python_statemachine)

BY_HAND = (H, DICT)
PEERS = (PYGENFSM, AUTOMATON, AUTOMAT, TRANSITIONS, PYTHON_STATEMACHINE)
