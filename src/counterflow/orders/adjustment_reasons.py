"""What the free texts of stock adjustments in order books mean: one row a reason.

A text that two readers would read differently ("sold as 17003?", "temp") is left out on purpose: it stays
unmapped, is listed after an import, and a person maps it.
"""

from counterflow.catalog.commands import ShippedReason
from counterflow.orders.commands.map_adjustments import SOURCE

KIND = "adjustment"
NOT_GIVEN = "not_given"

_ROWS: dict[str, tuple[str, tuple[str, ...]]] = {
    NOT_GIVEN: ("No reason given", ("", "?", "??", "???", "????", "?????")),
    "damaged": (
        "Damaged or spoilt",
        (
            "damages",
            "damaged",
            "damaged stock",
            "damages etc",
            "damages lost bits etc",
            "damaged dirty",
            "damges",
            "broken",
            "broken glass",
            "broken zips",
            "broken uneven bottom",
            "wonky bottom broken",
            "smashed",
            "crushed",
            "cracked",
            "dirty",
            "discoloured",
            "mouldy",
            "rusty",
            "rusty connections",
            "damp and rusty",
            "wet",
            "wet rusty",
            "wet cartons",
            "wet ctn",
            "wet damages",
            "wet pallet",
            "wet and rotting",
            "wet & rotting",
            "wet smashed unsellable",
            "rust missing sets etc",
        ),
    ),
    "faulty": ("Faulty as made", ("faulty", "bad quality", "poor quality", "non colour fast")),
    "thrown_away": (
        "Thrown away",
        (
            "thrown away",
            "throw away",
            "thrown away rusty",
            "thrown away can't sell",
            "thrown away-can't sell.",
            "mouldy thrown away",
            "wet rusty thrown away",
            "dirty torn thrown away",
            "incorrectly made thrown away",
        ),
    ),
    "missing": (
        "Missing",
        ("missing", "missings", "lost", "lost in space", "gone", "no stock", "cant find", "can't find", "short"),
    ),
    "found": ("Found", ("found", "found again")),
    "counted": ("Counted", ("counted", "checked", "check", "stock take", "stock check")),
    "wrong_code": (
        "Mixed up with another item",
        (
            "wrong code",
            "wrong barcode",
            "wrong barcode (22467)",
            "barcode problem",
            "code mix up 72597",
            "coding mix up",
            "label mix up",
            "mixed with blue",
            "85123a mixed",
            "21733 mixed",
            "tk maxx mix up with pink",
            "wrongly sold (22719) barcode",
            "sold as gold",
            "sold as c",
            "sold as d",
            "sold as a/b",
            "sold as 22467",
        ),
    ),
    "wrong_unit": (
        "Sold in another unit",
        (
            "sold in wrong qnty",
            "wrongly sold as sets",
            "wrongly sold sets",
            "sold as set on dotcom",
            "sold as set/6 on dotcom",
            "sold as set/6 by dotcom",
            "dotcom sold as set",
            "dotcom sold sets",
            "dotcom sold in 6's",
            "amazon sold as set",
            "amazon sold sets",
            "wrong ctn size",
        ),
    ),
    "other_channel": (
        "Sold through another channel",
        ("dotcom", "dotcom sales", "amazon", "amazon sales", "ebay sales", "ebay sales by the box"),
    ),
    "given_away": (
        "Given away, shown or sampled",
        (
            "given away",
            "donated to the food chain charity",
            "samples",
            "mailout",
            "mailout addition",
            "display",
            "display stands",
            "show",
            "for show",
            "show display",
            "used for show display",
            "showroom",
        ),
    ),
    "correction": (
        "Correction of an entry",
        (
            "adjust",
            "adjustment",
            "amendment",
            "entry error",
            "incorrect stock entry",
            "incorrect credit",
            "wrong invc",
            "zebra invcing error",
            "reverse mistake",
            "reverse previous adjustment",
            "correct previous adjustment",
            "reverse 21/5/10 adjustment",
            "amazon adjustment",
        ),
    ),
    "returned": ("Came back", ("returned",)),
}

SHIPPED = [ShippedReason(KIND, code, label, SOURCE, texts) for code, (label, texts) in _ROWS.items()]
