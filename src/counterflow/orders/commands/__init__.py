"""What can be done in orders, a file each."""

from counterflow.orders.commands.change_channels import ChangeChannel, change_channels
from counterflow.orders.commands.import_book import Book, import_book
from counterflow.orders.commands.map_adjustments import map_adjustments
from counterflow.orders.commands.match_returns import match_returns
from counterflow.orders.commands.record_channels import NewChannel, record_channels
from counterflow.orders.commands.record_contacts import RecordContact, record_contacts
from counterflow.orders.commands.record_orders import record_orders
from counterflow.orders.commands.record_tenders import OrderTender, record_tenders
from counterflow.orders.contacts import NewContact
from counterflow.orders.documents import NewLine, NewOrder, NewShipment, NewTender

__all__ = [
    "Book",
    "ChangeChannel",
    "NewChannel",
    "NewContact",
    "NewLine",
    "NewOrder",
    "NewShipment",
    "NewTender",
    "OrderTender",
    "RecordContact",
    "change_channels",
    "import_book",
    "map_adjustments",
    "match_returns",
    "record_channels",
    "record_contacts",
    "record_orders",
    "record_tenders",
]
