"""transitions: one Machine on one model, events as bound trigger methods, callbacks as functions.

In its favour: no `send_event`, no queue, no auto transitions, triggers looked up beforehand.
"""

from transitions import Machine

from benchmarks.workload import Player, Workload, lines


class TransitionsPlayer:
    def __init__(self, workload: Workload):
        self.data = data = workload.data()
        self.machine = Machine(
            data,
            states=[str(each.state) for each in workload.machine.states],
            initial=str(workload.machine.initial),
            auto_transitions=False,
        )
        for line in lines(workload):
            self.machine.add_transition(
                line.trigger,
                line.source,
                line.target if line.target != line.source else None,
                conditions=getattr(data, line.guard) if line.guard else None,
                before=line.bind(data) if line.update or line.effects else None,
            )
        self.triggers = {line.event: getattr(data, line.trigger) for line in lines(workload)}

    def prepare(self, script):
        return [self.triggers[type(event)] for event in script]

    def play(self, script):
        self.data.effects.clear()
        for trigger in script:
            trigger()

    def seen(self):
        return self.data.state, self.data.values(), tuple(self.data.effects)


def transitions_machine(workload: Workload) -> Player:
    """Make the transitions Machine for a workload."""
    return TransitionsPlayer(workload)
