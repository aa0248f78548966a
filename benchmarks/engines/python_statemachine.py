"""python-statemachine: a StateMachine class on a model, events as bound events, callbacks as functions.

In its favour: stays are internal transitions, events are looked up beforehand.
"""

from statemachine import State, StateMachine

from benchmarks.workload import Player, Workload, lines


def machine_class(workload: Workload, data) -> type:
    """Build the class that an author would write out."""
    initial = workload.machine.initial
    states = {str(each.state): State(initial=each.state == initial) for each in workload.machine.states}
    events = {}
    for line in lines(workload):
        made = states[line.source].to(
            states[line.target],
            cond=getattr(data, line.guard) if line.guard else None,
            on=line.bind(data) if line.update or line.effects else None,
            internal=line.source == line.target,
        )
        events[line.trigger] = events[line.trigger] | made if line.trigger in events else made
    return type(f"{workload.name.title()}Machine", (StateMachine,), {**states, **events})


class StatemachinePlayer:
    def __init__(self, workload: Workload):
        self.data = workload.data()
        self.machine = machine_class(workload, self.data)(self.data)
        self.events = {line.event: getattr(self.machine, line.trigger) for line in lines(workload)}

    def prepare(self, script):
        return [self.events[type(event)] for event in script]

    def play(self, script):
        self.data.effects.clear()
        for event in script:
            event()

    def seen(self):
        return self.data.state, self.data.values(), tuple(self.data.effects)


def python_statemachine(workload: Workload) -> Player:
    """Make the python-statemachine for a workload."""
    return StatemachinePlayer(workload)
