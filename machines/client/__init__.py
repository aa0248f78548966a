"""The client that an application embeds: the session's tables over a real transport."""

from machines.client.address import BadAddress
from machines.client.client import Client
from machines.client.news import Lagged, News, StatusChanged
from machines.client.opened import NotReady, OpenedDocument
from machines.client.operation import NotAccepted, OperationReceipt
from machines.client.vault import AccessToken, LoginRequired

__all__ = [
    "AccessToken",
    "BadAddress",
    "Client",
    "Lagged",
    "LoginRequired",
    "News",
    "NotAccepted",
    "NotReady",
    "OpenedDocument",
    "OperationReceipt",
    "StatusChanged",
]
