"""Every sort of claim: shown where it is so, refuted by a shortest way where it is not."""

import pytest
from attrs import frozen

from statekit.check.explore import explore
from statekit.check.model import Model
from statekit.check.properties import hot, invariant, leads_to, on_step, sequence, settled, witness
from statekit.check.replay import replayed
from statekit.check.seen import Move
from statekit.check.uphold import Refuted, uphold
from statekit.effects import Failure
from tests.check import small
from tests.check.rings import HEART, RING, UNPOKED, Poke, Ring
from tests.check.small import DIALER, DIALING, IDLE, TALKING, TURNSTILE, WAITING, Turn


def checked(machine, *properties, **given):
    """Explore a machine and give the results by their codes."""
    return {each.property.code: each for each in explore(Model(machine, properties, **given)).results}


def test_a_function_that_claims_nothing_makes_no_property():
    def silent(line):
        return True

    with pytest.raises(ValueError, match="silent claims nothing: write what it claims as its docstring"):
        invariant("B1", silent)


def is_idle(line):
    """There is no call."""
    return line.state is IDLE


def is_talking(line):
    """Somebody talks."""
    return line.state is TALKING


def is_dialing(line):
    """A call is being made."""
    return line.state is DIALING


def is_waiting(line):
    """It waits to call again."""
    return line.state is WAITING


def never_waits(line):
    """It never waits."""
    return line.state is not WAITING


def waits_no_more(line):
    """It calls again, or there is no call any more."""
    return line.state in (DIALING, IDLE)


def is_lost(_):
    """This is never so."""
    return False


# ------------------------------------------------------------------------------------------- invariants and witnesses
def test_an_invariant_is_refuted_by_the_shortest_way():
    found = checked(DIALER, invariant("waits", never_waits))["waits"]
    assert not found.holds
    assert found.trace.moves == (Move("dialer", small.Call()), Move("dialer", small.Busy(), "Dial"))


def test_an_invariant_that_fails_at_once_has_an_empty_way():
    found = checked(DIALER, invariant("never", is_lost))["never"]
    assert (found.holds, found.trace.moves) == (False, ())


def test_a_witness_counts_where_it_was_met_and_shows_the_way():
    found = checked(DIALER, witness("dials", is_dialing), witness("lost", is_lost))
    assert (found["dials"].holds, found["dials"].figure) == (True, 2)
    assert found["dials"].trace.moves == (Move("dialer", small.Call()),)
    assert (found["lost"].holds, found["lost"].figure, found["lost"].trace) == (False, 0, None)


def test_a_step_is_judged_whatever_its_verdict():
    def nothing_is_ignored(seen):
        """Whatever comes does something."""
        return seen.after != seen.before

    found = checked(TURNSTILE, on_step("acts", nothing_is_ignored))["acts"]
    assert found.trace.moves == (Move("turnstile", small.Push()),)


# ------------------------------------------------------------------------------------------------------------ monitors
def count_coins(coins, seen):
    return min(coins + isinstance(seen.move.event, small.Coin), 3)


def at_most_two(coins):
    """Nobody pays three times."""
    return coins < 3


def test_a_monitor_remembers_a_history_and_is_refuted_by_the_shortest():
    found = checked(TURNSTILE, sequence("coins", 0, count_coins, at_most_two))["coins"]
    assert found.trace.moves == (Move("turnstile", small.Coin()),) * 3


def test_a_monitor_is_explored_with_the_machine():
    explored = explore(Model(TURNSTILE, (sequence("coins", 0, count_coins, bool_of_anything),)))
    assert explored.states == 7  # locked with 0 to 3 coins paid, unlocked with 1 to 3


def bool_of_anything(_):
    """Whatever was paid is right."""
    return True


def test_a_monitor_that_is_not_content_at_first_is_refuted_by_an_empty_way():
    found = checked(TURNSTILE, sequence("never", 0, count_coins, is_lost))["never"]
    assert (found.holds, found.trace.moves) == (False, ())


# ------------------------------------------------------------------------------------------------------- in the end
def test_what_is_awaited_comes_in_the_end():
    found = checked(DIALER, hot("waiting", is_waiting), leads_to("on", is_waiting, waits_no_more))
    assert found["waiting"].holds
    assert found["on"].holds


def test_a_world_that_is_unkind_goes_round_for_ever():
    found = checked(DIALER, leads_to("talks", is_dialing, is_talking))["talks"]
    assert not found.holds
    steps = list(replayed(Model(DIALER), found.trace))
    assert [each.after.state for each in steps] == [DIALING, IDLE]
    assert found.trace.loop_from == 2  # it rests: nobody has to call again


def test_where_nothing_is_owed_a_way_rests():
    found = checked(DIALER, hot("idle", is_idle))["idle"]
    assert (found.holds, found.trace.moves, found.trace.loop_from) == (False, (), 0)


def test_a_stream_owes_nothing_once_it_has_opened():
    found = checked(DIALER, hot("talking", is_talking))["talking"]
    assert not found.holds
    assert len(found.trace.moves) == found.trace.loop_from == 2


def is_out(ring):
    """It has left."""
    return ring.state is Ring.C


def is_in(ring):
    """It goes round."""
    return ring.state is not Ring.C


def is_first(ring):
    """It is in the first state."""
    return ring.state is Ring.A


def test_a_fair_cycle_is_shown_as_a_loop_that_comes_back():
    found = checked(RING, leads_to("out", is_in, is_out))["out"]
    steps = list(replayed(Model(RING), found.trace))
    stem, loop = steps[: found.trace.loop_from], steps[found.trace.loop_from :]
    assert (len(stem), len(loop)) == (0, 1)
    assert loop[-1].after.state is loop[0].before.state
    assert isinstance(loop[0].move.event, Poke)  # a timer that is armed anew for ever never needs to fire


def test_a_timer_that_stays_live_is_not_starved():
    assert checked(UNPOKED, hot("first", is_first))["first"].holds


def test_one_timer_cannot_starve_another_for_ever():
    assert checked(HEART, hot("beats", is_first))["beats"].holds


# ------------------------------------------------------------------------------------------------------------- settled
def test_the_longest_of_the_shortest_ways_to_rest_is_counted():
    found = checked(DIALER, settled("talks", is_talking), settled("idle", is_idle))
    assert found["idle"].holds
    assert found["idle"].figure == 2  # dialing at first: answered, gone
    assert not found["talks"].holds
    assert found["talks"].trace.moves == ()  # when idle, nothing comes by itself


@pytest.mark.parametrize("turn", list(Turn))
def test_nothing_that_only_a_person_does_is_relied_on(turn):
    def here(turnstile):
        """It is here."""
        return turnstile.state is turn

    assert not checked(TURNSTILE, settled("here", here))["here"].holds


# --------------------------------------------------------------------------------------------------------- environment
@frozen
class Server:
    """A server that answers a call once, and by `busy` for as long as it is."""

    busy: int = 1

    @property
    def owns(self):
        return frozenset({small.Answered, small.Busy})

    def offers(self, view):
        if view.ticket("Dial") is not None and view.state is DIALING:
            yield Move("", small.Busy() if self.busy else small.Answered(), "Dial")

    def noticed(self, seen):
        return Server(self.busy - (isinstance(seen.move.event, small.Busy) and self.busy > 0))


def test_what_an_environment_owns_comes_from_it_alone():
    def patient(line):
        """It never waits for long."""
        return line.context.made < 2

    found = checked(DIALER, witness("talks", is_talking), witness("waits", is_waiting), environment=Server())
    assert [type(move.event).__name__ for move in found["talks"].trace.moves] == ["Call", "Busy", "Fired", "Answered"]
    assert found["waits"].holds
    assert explore(Model(DIALER, environment=Server(0))).states < explore(Model(DIALER, environment=Server(1))).states


def test_a_claim_about_a_step_sees_what_is_outside_after_it():
    def once(seen):
        """It is busy until it was asked once."""
        return seen.outside == Server(0 if isinstance(seen.move.event, small.Busy) else seen.outside.busy)

    def always(seen):
        """It is always busy."""
        return seen.outside.busy == 1

    model = Model(DIALER, (on_step("once", once), on_step("always", always)), environment=Server())
    found = {each.property.code: each for each in explore(model).results}
    assert found["once"].holds
    trace = found["always"].trace
    assert [type(move.event).__name__ for move in trace.moves] == ["Call", "Busy"]
    assert [seen.outside.busy for seen in replayed(model, trace)] == [1, 0]
    with pytest.raises(Refuted):
        uphold(model, "always", trace)


@frozen
class Passer:
    """Somebody who has coins enough."""

    @property
    def owns(self):
        return frozenset({small.Coin})

    def offers(self, view):
        yield Move("", small.Coin())

    def noticed(self, seen):
        return self


def test_what_an_environment_offers_is_an_answer_that_settles():
    def opened(turnstile):
        """It opens."""
        return turnstile.state is Turn.UNLOCKED

    assert not checked(TURNSTILE, settled("opened", opened))["opened"].holds
    assert explore(Model(TURNSTILE, (settled("opened", opened),), environment=Passer())).results[0].figure == 1


def test_a_failure_is_what_the_effect_says_it_is():
    assert small.broke(Failure("Dial", "OSError")) == small.Busy()
