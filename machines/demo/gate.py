"""Who gets in: the answer to a handshake, before there is a socket."""

from machines.demo.address import Address, AddressInvalid
from machines.demo.faults import Fault, FaultScript, HttpStatus
from machines.demo.ledger import Ledger, What
from machines.demo.tokens import Claims, TokenRefused, Tokens
from statekit.transports.memory import Rejected


class Gate:
    """Checks each dial: what `answer_dials` arranged, then the document, the token, and the faults that wait."""

    def __init__(self, document_id: str, tokens: Tokens, script: FaultScript, ledger: Ledger) -> None:
        self._document_id = document_id
        self._tokens = tokens
        self._script = script
        self._ledger = ledger

    def refusal(self, path: str) -> Rejected | None:
        """Return what refuses a dial to that path and query, or None to accept it."""
        try:
            address = Address.read(path)
        except AddressInvalid as invalid:
            self._ledger.note(What.DIALLED)
            self._ledger.note(What.REJECTED, code=invalid.status, note=invalid.problem)
            return Rejected(invalid.status)
        claims, flaw = self._checked(address.token)
        generation = None if claims is None else claims.generation
        self._ledger.note(What.DIALLED, address.client_id, generation=generation)
        refusal, note = self._decided(address, flaw)
        if refusal is not None:
            code = refusal.status
            self._ledger.note(What.REJECTED, address.client_id, generation=generation, code=code, note=note)
        return refusal

    def _decided(self, address: Address, flaw: str) -> tuple[Rejected | None, str]:
        answer = self._script.answer(address.client_id)
        if isinstance(answer, HttpStatus):
            return Rejected(answer.status, answer.retry_after_seconds), "as arranged"
        if address.document_id != self._document_id:
            return Rejected(404), "no such document"
        if flaw:
            return Rejected(401), flaw
        if self._script.play(Fault.TOKEN_REJECTED, address.client_id):
            return Rejected(401), "a good token, by fault"
        return None, ""

    def _checked(self, token: str) -> tuple[Claims | None, str]:
        """What the token says, if it can be read, and what is wrong with it, empty for nothing."""
        claims: Claims | None = None
        try:
            claims = self._tokens.read(token)
            self._tokens.verify(token)
        except TokenRefused as refused:
            return claims, str(refused)
        return claims, ""
