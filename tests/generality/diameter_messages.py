"""What a Diameter peer hears and does, by the names of RFC 6733 section 5.6."""

from typing import TypeAlias

from attrs import frozen


# --------------------------------------------------------------------------------------------------------------- events
@frozen
class Start:
    """The application wants a connection with the peer."""


@frozen
class Stop:
    """The application wants it ended."""


@frozen
class SendMessage:
    """The application has a message for the peer."""

    message: str


@frozen
class RConnCER:
    """The peer has connected, and its CER has come with its Origin-Host."""

    origin_host: str


@frozen
class IRcvConnAck:
    """The connection we asked for is there."""


@frozen
class IRcvConnNack:
    """The connection we asked for is refused."""


@frozen
class IRcvCEA:
    """A CEA on I."""


@frozen
class IRcvMessage:
    """A message on I that none of the other events stands for."""

    message: str


@frozen
class IRcvDWR:
    """A watchdog request on I."""


@frozen
class IRcvDWA:
    """A watchdog answer on I."""


@frozen
class IRcvDPR:
    """A disconnect request on I."""


@frozen
class IRcvDPA:
    """A disconnect answer on I."""


@frozen
class IPeerDisc:
    """I is disconnected."""


@frozen
class RRcvMessage:
    """A message on R that none of the other events stands for."""

    message: str


@frozen
class RRcvDWR:
    """A watchdog request on R."""


@frozen
class RRcvDWA:
    """A watchdog answer on R."""


@frozen
class RRcvDPR:
    """A disconnect request on R."""


@frozen
class RRcvDPA:
    """A disconnect answer on R."""


@frozen
class RPeerDisc:
    """R is disconnected."""


OnI: TypeAlias = IRcvConnAck | IRcvConnNack | IRcvCEA | IRcvMessage | IRcvDWR | IRcvDWA | IRcvDPR | IRcvDPA | IPeerDisc
OnR: TypeAlias = RRcvMessage | RRcvDWR | RRcvDWA | RRcvDPR | RRcvDPA | RPeerDisc
Event: TypeAlias = Start | Stop | SendMessage | RConnCER | OnI | OnR


# -------------------------------------------------------------------------------------------------------------- effects
@frozen
class ISndConnReq:
    """Connect to the peer; this is I."""


@frozen
class RAccept:
    """Take the connection that the CER came on as R."""


@frozen
class RReject:
    """Disconnect the connection that the CER came on."""


@frozen
class ProcessCER:
    """Process the CER of this Origin-Host."""

    origin_host: str


@frozen
class ProcessCEA:
    """Process the CEA."""


@frozen
class ISndCER:
    """Send a CER on I."""


@frozen
class RSndCEA:
    """Send a CEA on R."""


@frozen
class Cleanup:
    """Free what the attempt held."""


@frozen
class Error:
    """Disconnect everything: something is wrong."""


@frozen
class IDisc:
    """Disconnect I."""


@frozen
class RDisc:
    """Disconnect R."""


@frozen
class ISndMessage:
    """Send a message on I."""

    message: str


@frozen
class RSndMessage:
    """Send a message on R."""

    message: str


@frozen
class Process:
    """Serve a message."""

    message: str


@frozen
class ProcessDWR:
    """Serve a watchdog request."""


@frozen
class ProcessDWA:
    """Serve a watchdog answer."""


@frozen
class ISndDWA:
    """Answer a watchdog request on I."""


@frozen
class RSndDWA:
    """Answer a watchdog request on R."""


@frozen
class ISndDPR:
    """Ask for the disconnection of I."""


@frozen
class RSndDPR:
    """Ask for the disconnection of R."""


@frozen
class ISndDPA:
    """Agree to the disconnection of I."""


@frozen
class RSndDPA:
    """Agree to the disconnection of R."""


OfConnections: TypeAlias = ISndConnReq | RAccept | RReject | Cleanup | Error | IDisc | RDisc
OfCapabilities: TypeAlias = ProcessCER | ProcessCEA | ISndCER | RSndCEA
OfMessages: TypeAlias = ISndMessage | RSndMessage | Process | ProcessDWR | ProcessDWA | ISndDWA | RSndDWA
OfDisconnection: TypeAlias = ISndDPR | RSndDPR | ISndDPA | RSndDPA
Effect: TypeAlias = OfConnections | OfCapabilities | OfMessages | OfDisconnection
