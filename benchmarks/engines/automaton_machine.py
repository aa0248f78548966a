"""automaton: a FiniteMachine; it has no guards, so each row has an event name of its own, which finds its action."""

from automaton.machines import FiniteMachine

from benchmarks.workload import Player, Workload, lines, resolve


class AutomatonPlayer:
    def __init__(self, workload: Workload):
        self.data = workload.data()
        actions = {
            line.resolved_trigger: line.bind(self.data) for line in lines(workload) if line.update or line.effects
        }

        def left(_state, event):
            if event in actions:
                actions[event]()

        self.machine = FiniteMachine()
        for each in workload.machine.states:
            self.machine.add_state(str(each.state), on_exit=left if actions else None)
        for line in lines(workload):
            self.machine.add_transition(line.source, line.target, line.resolved_trigger)
        self.machine.initialize(str(workload.machine.initial))
        self.taken = resolve(workload)

    def prepare(self, script):
        return [line.resolved_trigger for line in self.taken]

    def play(self, script):
        self.data.effects.clear()
        process = self.machine.process_event
        for event in script:
            process(event)

    def seen(self):
        return self.machine.current_state, self.data.values(), tuple(self.data.effects)


def automaton_machine(workload: Workload) -> Player:
    """Make the automaton machine for a workload."""
    return AutomatonPlayer(workload)
