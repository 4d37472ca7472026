"""What each line of an online-retail book is, by data and one order of questions.

These books have one kind of line for everything; the number, the price, the quantity and whether there
is a customer tell a sale from a cancellation, a stock adjustment or a fee.
"""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from counterflow.orders.states import LineClass, LineKind

NON_PRODUCT: dict[str, LineKind] = {
    "POST": LineKind.SHIPPING,
    "DOT": LineKind.SHIPPING,
    "C2": LineKind.SHIPPING,
    "C3": LineKind.SHIPPING,
    "M": LineKind.SERVICE,
    "D": LineKind.SERVICE,
    "S": LineKind.SERVICE,
    "B": LineKind.SERVICE,
    "BANK CHARGES": LineKind.SERVICE,
    "AMAZONFEE": LineKind.SERVICE,
    "CRUK": LineKind.SERVICE,
    "ADJUST": LineKind.SERVICE,
    "ADJUST2": LineKind.SERVICE,
    "GIFT": LineKind.SERVICE,
    "TEST001": LineKind.SERVICE,
    "TEST002": LineKind.SERVICE,
}
"""Stock codes that are no goods: postage, carriage, manual lines, discounts, samples, fees, charity, tests."""
VOUCHER = "GIFT_0001_"
"""Stock codes of gift vouchers begin so."""
CANCELLATION = "C"
"""Invoice numbers of cancellations begin so."""


def kinds(skus: Any) -> Any:
    """The `LineKind` of each stock code, as text."""
    codes = pa.array(list(NON_PRODUCT))
    names = pa.array([str(kind) for kind in NON_PRODUCT.values()])
    listed = pc.take(names, pc.index_in(skus, codes))
    voucher = pc.if_else(pc.starts_with(skus, VOUCHER), str(LineKind.SERVICE), str(LineKind.PRODUCT))
    return pc.coalesce(listed, voucher)


def classify(*, number: Any, kind: Any, quantity: Any, price: Any, customer: Any) -> tuple[Any, dict[str, Any]]:
    """The class of each line (int8), and masks of the lines that contradict themselves, by refusal code.

    `price` is in minor units. Lines are decided in this order: cancellation, adjustment, service, gift,
    sale.
    """
    cancelled = pc.starts_with(number, CANCELLATION)
    taken, given = pc.less(quantity, 0), pc.greater(quantity, 0)
    product = pc.equal(kind, str(LineKind.PRODUCT))
    adjusted = pc.and_not(pc.and_(pc.equal(price, 0), pc.is_null(customer)), cancelled)
    found = pc.if_else(pc.equal(price, 0), int(LineClass.FREE), int(LineClass.SALE))
    found = pc.if_else(product, found, int(LineClass.SERVICE))
    found = pc.if_else(adjusted, int(LineClass.ADJUSTMENT), found)
    found = pc.if_else(cancelled, int(LineClass.RETURN), found)
    return pc.cast(found, pa.int8()), {
        "cancellation_positive": pc.and_(cancelled, given),
        "quantity_negative": pc.and_not(pc.and_not(taken, cancelled), adjusted),
        "price_negative": pc.and_(pc.less(price, 0), pc.or_(product, cancelled)),
    }
