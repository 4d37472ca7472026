"""What the demo company sells: a few hundred items in families, made by a seeded rule."""

from dataclasses import dataclass
from random import Random

from counterflow.catalog.commands import NewItem
from counterflow.scans.digits import gs1


@dataclass(frozen=True)
class Family:
    """A family of items: what they are called, what they cost to buy and sell, how often they come back.

    Prices are in pence with tax; `margin` is the cost's share of the price without tax in per cent.
    """

    code: str
    brand: str
    prefix: str
    kinds: tuple[str, ...]
    variants: tuple[str, ...]
    price_least: int
    price_most: int
    margin: int
    returned_percent: int
    popularity: int
    serial: bool = False


_SIZES = ("XS", "S", "M", "L", "XL")
_COLOURS = ("black", "blue", "sand", "green")
FAMILIES = (
    Family("apparel", "alder", "AP", ("tee", "shirt", "jumper", "dress", "jeans", "jacket", "skirt", "hoodie"),
           _SIZES, 1500, 9000, 35, 30, 30),
    Family("footwear", "alder", "FW", ("trainer", "boot", "sandal", "loafer"),
           ("38", "39", "40", "41", "42", "43"), 3500, 14000, 40, 26, 14),
    Family("electronics", "birch", "EL", ("headphones", "speaker", "tablet", "camera", "monitor", "keyboard"),
           ("standard", "pro", "mini"), 4500, 70000, 62, 11, 10, serial=True),
    Family("homeware", "cove", "HW", ("mug", "bowl", "lamp", "cushion", "vase", "frame", "throw", "candle", "clock"),
           _COLOURS, 600, 6500, 38, 8, 22),
    Family("cosmetics", "cove", "CO", ("serum", "cream", "cleanser", "lipstick", "shampoo", "balm"),
           ("30 ml", "50 ml", "100 ml"), 700, 4500, 25, 6, 10),
    Family("toys", "cove", "TO", ("puzzle", "blocks", "plush", "train set", "board game"),
           ("small", "large"), 900, 5500, 42, 7, 8),
    Family("tools", "birch", "TL", ("drill", "saw", "sander", "toolbox"),
           ("basic", "plus"), 2500, 16000, 55, 9, 4),
    Family("appliances", "birch", "AL", ("kettle", "toaster", "blender", "heater"),
           ("white", "steel"), 1900, 12000, 52, 10, 2, serial=True),
)  # fmt: skip
BY_FAMILY = {family.code: family for family in FAMILIES}
BRANDS = {"alder": "Alder", "birch": "Birch", "cove": "Cove"}
SUPPLIERS = {
    "mill-one": "Mill One",
    "mill-two": "Mill Two",
    "shoe-works": "Shoe Works",
    "circuit-house": "Circuit House",
    "kiln-studio": "Kiln Studio",
    "lab-north": "Lab North",
    "toy-port": "Toy Port",
    "tool-forge": "Tool Forge",
    "drop-shipper": "Drop Shipper",
}
_SUPPLIER_OF = {
    "apparel": ("mill-one", "mill-two"),
    "footwear": ("shoe-works",),
    "electronics": ("circuit-house",),
    "homeware": ("kiln-studio",),
    "cosmetics": ("lab-north",),
    "toys": ("toy-port",),
    "tools": ("tool-forge",),
    "appliances": ("tool-forge",),
}
DROP_SHIPPED = "drop-shipper"
DROP_SHIPPED_ITEMS = 6


@dataclass(frozen=True)
class Product:
    """An item as the simulation knows it; prices in minor units with tax, the cost without."""

    item: NewItem
    family: Family
    price: int
    cost: int
    dropped: bool = False

    @property
    def sku(self) -> str:
        return self.item.sku


def assortment(rng: Random, *, size: str) -> list[Product]:
    """All items; a small company has the first variant of each kind only."""
    products: list[Product] = []
    for family in FAMILIES:
        for kind in family.kinds:
            price = _tidy(rng.randint(family.price_least, family.price_most))
            variants = family.variants if size == "full" else family.variants[:1]
            products += [_product(rng, family, kind, variant, price, len(products)) for variant in variants]
    for n in range(DROP_SHIPPED_ITEMS):
        products.append(_dropped(rng, n, len(products)))
    return products


def _tidy(price: int) -> int:
    """A price as shops write it: ending in 99."""
    return max(499, price // 100 * 100 + 99)


def _product(rng: Random, family: Family, kind: str, variant: str, price: int, number: int) -> Product:
    cost = price * 5 // 6 * (family.margin + rng.randint(-4, 4)) // 100
    sku = f"{family.prefix}-{kind[:5].strip().replace(' ', '').upper()}-{variant.replace(' ', '').upper()}-{number:03d}"
    item = NewItem(
        sku=sku,
        name=f"{BRANDS[family.brand]} {kind}, {variant}",
        gtin=_gtin(number),
        family=family.code,
        brand=family.brand,
        supplier=rng.choice(_SUPPLIER_OF[family.code]),
        standard_cost_minor=cost,
        currency="GBP",
        serial_tracked=family.serial,
    )
    return Product(item, family, price, cost)


def _dropped(rng: Random, n: int, number: int) -> Product:
    """An item that its supplier ships to the customer; it is never ours."""
    family = BY_FAMILY["homeware"]
    price = _tidy(rng.randint(8000, 40000))
    item = NewItem(
        sku=f"DS-FURNITURE-{n:03d}",
        name=f"Cove side table {n + 1}, shipped by its maker",
        gtin=_gtin(number),
        family=family.code,
        brand="cove",
        supplier=DROP_SHIPPED,
    )
    return Product(item, family, price, 0, dropped=True)


def _gtin(number: int) -> str:
    """A GTIN-13 of the range that companies may use among themselves (prefix 20)."""
    digits = f"20{number:010d}"
    return digits + gs1(digits)
