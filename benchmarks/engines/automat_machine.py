"""Automat: a TypeMachine over a protocol of inputs; it has no guards, so each row has an input of its own."""

from typing import Protocol

from automat import TypeMachineBuilder

from benchmarks.workload import Player, Workload, lines, resolve


def _input(name: str):
    def method(self) -> None: ...

    method.__name__ = method.__qualname__ = name
    return method


def _output(act):
    def output(_machine, _core) -> None:
        act()

    return output


class AutomatPlayer:
    def __init__(self, workload: Workload):
        self.data = workload.data()
        inputs = type(
            "Inputs", (Protocol,), {line.resolved_trigger: _input(line.resolved_trigger) for line in lines(workload)}
        )
        builder = TypeMachineBuilder(inputs, type(self.data))
        states = {str(each.state): builder.state(str(each.state)) for each in workload.machine.states}
        for line in lines(workload):
            registrar = states[line.source].upon(getattr(inputs, line.resolved_trigger)).to(states[line.target])
            if line.update or line.effects:
                registrar(_output(line.bind(self.data)))
            else:
                registrar.returns(None)
        self.machine = builder.build()(self.data)
        self.taken = resolve(workload)

    def prepare(self, script):
        return [getattr(self.machine, line.resolved_trigger) for line in self.taken]

    def play(self, script):
        self.data.effects.clear()
        for trigger in script:
            trigger()

    def seen(self):
        state = self.machine.__automat_transitioner__._state
        return state.name, self.data.values(), tuple(self.data.effects)


def automat_machine(workload: Workload) -> Player:
    """Make the Automat machine for a workload."""
    return AutomatPlayer(workload)
