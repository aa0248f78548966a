"""The ledger finds out the server that breaks its word."""

import pytest

from machines.demo.address import Address, AddressInvalid
from machines.demo.faults import MOMENT, Fault, FaultScript, Moment
from machines.demo.ledger import Entry, Ledger, LedgerBroken, What
from machines.wire.operations import Insert
from machines.wire.text import Text


def a_ledger():
    seen = []
    return Ledger(lambda: 7.0, seen.append), seen


def test_an_entry_is_stamped_kept_and_told():
    ledger, seen = a_ledger()
    ledger.note(What.DIALLED, "ann", generation=1)
    assert ledger.entries == tuple(seen) == (Entry(7.0, What.DIALLED, "ann", generation=1),)


def test_sums_are_of_one_client_or_of_all():
    ledger, _ = a_ledger()
    for client_id in ("ann", "ann", "bob"):
        ledger.note(What.DIALLED, client_id)
    ledger.note(What.REFUSED, "ann")
    ledger.note(What.FAULT, "ann", fault=Fault.LOST_ACK)
    assert (ledger.count(What.DIALLED), ledger.count(What.DIALLED, "bob")) == (3, 1)
    assert (ledger.dials(), ledger.dials("ann")) == (4, 3)
    assert (ledger.faults(Fault.LOST_ACK), ledger.faults(Fault.LOST_ACK, "bob")) == (1, 0)


def test_a_message_applied_twice_is_found_and_one_acked_twice_is_not():
    ledger, _ = a_ledger()
    ledger.note(What.APPLIED, "ann", message_id="ann:1", version=1, edit=(Insert(0, "x"),))
    ledger.note(What.ACKED, "ann", message_id="ann:1", version=1)
    ledger.note(What.DUPLICATE, "ann", message_id="ann:1", version=1)
    ledger.note(What.ACKED, "ann", message_id="ann:1", version=1)
    assert ledger.duplicates_applied() == ()
    ledger.note(What.APPLIED, "ann", message_id="ann:1", version=2, edit=(Insert(0, "x"),))
    assert ledger.duplicates_applied() == (("ann", "ann:1"),)


@pytest.mark.parametrize("versions", [(2,), (1, 1), (1, 3)])
def test_a_replay_refuses_a_version_that_is_missing_or_comes_twice(versions):
    ledger, _ = a_ledger()
    for version in versions:
        ledger.note(What.APPLIED, "ann", message_id=f"ann:{version}", version=version, edit=(Insert(0, "x"),))
    with pytest.raises(LedgerBroken):
        ledger.replayed(Text())


def test_a_replay_gives_the_text():
    ledger, _ = a_ledger()
    ledger.note(What.APPLIED, "ann", message_id="1", version=1, edit=(Insert(0, "x"),))
    ledger.note(What.APPLIED, "bob", message_id="1", version=2, edit=(Insert(1, "y"),))
    assert ledger.replayed(Text.of("z")).content == "xyz"


def test_every_fault_has_its_moment():
    assert set(MOMENT) == set(Fault)


def test_a_script_plays_what_is_armed_as_often_as_it_is_armed():
    played = []
    script = FaultScript(lambda fault, client_id: played.append((fault, client_id)))
    script.arm(Fault.LOST_ACK, "ann")
    script.arm(Fault.LOST_ACK, "ann")
    assert not script.play(Fault.LOST_ACK, "bob")
    assert script.next_at(Moment.EDIT, "ann") is Fault.LOST_ACK
    assert script.next_at(Moment.DIAL, "ann") is None
    assert [script.play(Fault.LOST_ACK, "ann") for _ in range(3)] == [True, True, False]
    assert played == [(Fault.LOST_ACK, "ann")] * 2


@pytest.mark.parametrize("client_id", ["ann", "a b&c=d", "ä/?#"])
def test_an_address_is_read_back_as_it_was_written_and_hides_its_token(client_id):
    address = Address("shared", client_id, "top secret/+")
    assert Address.read(address.path) == address
    assert Address.read("ws://host" + address.path) == address
    assert "top secret" not in repr(address)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 404),
        ("/v1/ws/documents/", 404),
        ("/v1/ws/documents/a/b?client_id=x", 404),
        ("/v1/ws/documents/a?token=SECRET", 400),
    ],
)
def test_an_address_that_is_none_says_which_status_that_is(path, status):
    with pytest.raises(AddressInvalid) as invalid:
        Address.read(path)
    assert invalid.value.status == status
    assert "SECRET" not in str(invalid.value)
