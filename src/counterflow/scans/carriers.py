"""Carriers' tracking numbers as a table: what a number looks like, how its check digit is made, who published that.

Shapes and check digits are facts of the carriers' own label specifications, named in `source`. `proof` says how much
a match is worth: SHAPE (letters or an own prefix that no other uses), CHECK (digits only, the check digit is right),
GUESS (digits only and nothing to check). A row whose check digit is wrong becomes an objection where the shape alone
would have been proof enough (`strict`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from counterflow.scans import digits

SHAPE, CHECK, GUESS = 90, 70, 30


@dataclass(frozen=True)
class Tracking:
    """A kind of tracking number. Groups of `pattern`: `body` and `check` for the check digit, `number` for the part
    that the carrier's tracking asks for, where that is not all of it, `post` for a postcode that rides along."""

    carrier: str
    name: str
    pattern: re.Pattern[str]
    check: Callable[[str], str] | None
    proof: int
    source: str
    strict: bool = False


def _row(
    carrier: str,
    name: str,
    pattern: str,
    check: Callable[[str], str] | None,
    proof: int,
    source: str,
    *,
    strict: bool = False,
) -> Tracking:
    return Tracking(carrier, name, re.compile(pattern), check, proof, source, strict)


def _after(prefix: str, check: Callable[[str], str]) -> Callable[[str], str]:
    """A check digit that counts digits which are not printed before the number."""
    return lambda body: check(prefix + body)


_MOD10 = digits.gs1
_FEDEX_12 = digits.remainder((3, 1, 7, 3, 1, 7, 3, 1, 7, 3, 1), 11)
_FEDEX_14 = digits.remainder((1, 7, 3, 1, 7, 3, 1, 7, 3, 1, 7, 3, 1), 11)
_POST_DE = digits.weighted((4, 9))
_IMPB = "USPS Publication 199, Intelligent Mail package barcode"
_FEDEX = "FedEx Ground and Express label layout specifications"
_DPD = "DPD parcel label specification 2.4"
_DHL_DE = "DHL Paket and Deutsche Post barcode specifications"
_AUSTRALIA = "Australia Post eParcel label guide"
_AMAZON = "Amazon Logistics labels, no check digit published"

ROWS: Final[tuple[Tracking, ...]] = (
    _row(
        "",
        "UPU S10",
        r"[A-Z]{2}(?P<body>\d{8})(?P<check>\d)(?P<country>[A-Z]{2})",
        digits.upu_s10,
        97,
        "UPU standard S10",
        strict=True,
    ),
    _row("UPS", "UPS 1Z", r"1Z(?P<body>[0-9A-Z]{15})(?P<check>\d)", digits.ups, 99, "UPS label guide", strict=True),
    _row("UPS", "UPS waybill", r"[AHJKTV](?P<body>\d{9})(?P<check>\d)", digits.ups, CHECK, "UPS label guide"),
    _row(
        "USPS",
        "USPS package number with ZIP",
        r"420(?P<post>\d{5}|\d{9})(?P<number>(?P<body>9[1-5]\d{19}|9[1-5]\d{23})(?P<check>\d))",
        _MOD10,
        98,
        _IMPB,
        strict=True,
    ),
    _row(
        "USPS",
        "USPS package number",
        r"(?P<body>9[1-5]\d{19}|9[1-5]\d{23})(?P<check>\d)",
        _MOD10,
        92,
        _IMPB,
        strict=True,
    ),
    _row(
        "USPS",
        "USPS special service number",
        r"(?P<body>(?:0[1-9]|[1-8]\d)\d{17})(?P<check>\d)",
        _MOD10,
        CHECK,
        "USPS Publication 109",
    ),
    _row(
        "USPS",
        "USPS number printed without its 91",
        r"(?P<body>7\d{18})(?P<check>\d)",
        _after("91", _MOD10),
        62,
        "USPS Publication 91",
    ),
    _row("FedEx", "FedEx Express", r"(?P<body>\d{11})(?P<check>\d)", _FEDEX_12, CHECK, _FEDEX),
    _row("FedEx", "FedEx Ground", r"(?P<body>\d{14})(?P<check>\d)", digits.weighted((1, 3)), CHECK, _FEDEX),
    _row("FedEx", "FedEx SmartPost", r"(?P<body>61\d{17})(?P<check>\d)", _after("92", _MOD10), 80, _FEDEX),
    _row(
        "FedEx",
        "FedEx Ground 96",
        r"96\d{5}(?P<number>(?P<body>\d{14})(?P<check>\d))",
        digits.weighted((1, 3)),
        92,
        _FEDEX,
        strict=True,
    ),
    _row(
        "FedEx",
        "FedEx ASTRA 34",
        r"100\d{17}(?=0{0,2}(?P<number>[1-9]\d{11,13})$)(?P<body>\d{13})(?P<check>\d)",
        _FEDEX_14,
        95,
        _FEDEX,
        strict=True,
    ),
    _row(
        "FedEx",
        "FedEx Ground 34",
        r"96\d{18}(?=0{0,2}(?P<number>[1-9]\d{11,13})$)(?P<body>\d{13})(?P<check>\d)",
        _FEDEX_14,
        95,
        _FEDEX,
        strict=True,
    ),
    _row("FedEx", "FedEx door tag", r"DT\d{12}", None, SHAPE, "FedEx tracking help"),
    _row(
        "DHL Express",
        "DHL Express waybill",
        r"(?P<body>\d{9,10})(?P<check>\d)",
        digits.mod7,
        CHECK,
        "DHL Express barcode specification",
    ),
    _row(
        "DHL Express",
        "DHL piece number",
        r"JD01\d{16}|JVGL\d{9,20}|J(?!JD000[23])[A-Z]{2}0\d{9,20}",
        None,
        SHAPE,
        "DHL Express barcode specification, ISO 15459",
    ),
    _row("DHL", "DHL parcel number", r"JJD(?!0002)\d{13,24}", None, SHAPE, "DHL piece identifiers, ISO 15459"),
    _row(
        "DHL", "DHL eCommerce", r"(?:GM|LX|RX|UV|CN|SG|TH|IN|HK|MY)\d{10,39}", None, SHAPE, "DHL eCommerce label guide"
    ),
    _row("Deutsche Post", "Deutsche Post matrix code", r"(?=.*[A-F])\d{2}[0-9A-F]{18}", None, 75, _DHL_DE),
    _row("DHL", "DHL Paket shipment number", r"(?P<body>0034\d{15})(?P<check>\d)", _MOD10, 88, _DHL_DE),
    _row("DHL", "Deutsche Post Identcode", r"(?P<body>\d{11})(?P<check>\d)", _POST_DE, 60, _DHL_DE),
    _row(
        "DHL", "Deutsche Post Leitcode, a route and no parcel", r"(?P<body>\d{13})(?P<check>\d)", _POST_DE, 20, _DHL_DE
    ),
    _row(
        "DPD",
        "DPD routing barcode",
        r"(?:%(?=.{27}$)|%?(?=.{28}$))(?P<body>[0-9A-Z]{7}(?P<number>\d{14})\d{6})(?P<check>[0-9A-Z])?",
        digits.iso7064_37_36,
        92,
        _DPD,
        strict=True,
    ),
    _row(
        "DPD",
        "DPD parcel number with check character",
        r"(?P<number>(?P<body>\d{14}))(?P<check>[0-9A-Z])",
        digits.iso7064_37_36,
        75,
        _DPD,
    ),
    _row("DPD", "DPD parcel number", r"\d{14}", None, GUESS, _DPD),
    _row(
        "GLS",
        "GLS parcel number",
        r"(?P<number>(?P<body>\d{11})(?P<check>\d))",
        digits.weighted((3, 1), plus=1),
        65,
        "GLS Uni-Box documentation 3.2.1",
    ),
    _row("GLS", "GLS parcel number without check digit", r"\d{11}", None, GUESS, "GLS Uni-Box documentation 3.2.1"),
    _row("GLS", "GLS track ID", r"[A-Z][0-9A-Z]{7}", None, GUESS, "GLS track and trace"),
    _row("Hermes", "Hermes parcel number", r"H\d{19}", None, SHAPE, "Hermes parcel labels"),
    _row("Hermes", "Hermes parcel number", r"(?P<body>\d{13})(?P<check>\d)", _MOD10, 55, "Hermes parcel labels"),
    _row(
        "Evri",
        "Evri parcel number",
        r"[CHPT]\d{2}[0-9A-Z]{3}\d{10}",
        None,
        75,
        "Evri parcel labels, no check digit published",
    ),
    _row("Yodel", "Yodel parcel number", r"JJ?D(?P<number>0002\d{12})", None, 95, "Yodel parcel labels"),
    _row("Parcelforce", "Parcelforce number", r"[A-Z]{2}\d{7}", None, GUESS, "Parcelforce label guide"),
    _row("Parcelforce", "Parcelforce number", r"[A-Z]{4}\d{10}", None, 52, "Parcelforce help: tracking number formats"),
    _row("TNT", "TNT consignment", r"\d{9}", None, GUESS, "TNT consignment notes"),
    _row("TNT", "TNT consignment", r"[A-Z]{2}\d{9}WW", None, 85, "TNT consignment notes"),
    _row("Austrian Post", "Austrian Post parcel", r"10\d{20}", None, 55, "Austrian Post labels"),
    _row(
        "Poste Italiane", "Poste Italiane", r"[A-Z]\d{3}[A-Z]\d{8}|\d{6}[A-Z]\d{6}", None, 55, "Poste Italiane labels"
    ),
    _row("SF Express", "SF Express", r"SF\d{13}", None, 85, "SF Express labels"),
    _row("4PX", "4PX", r"4PX\d{13}CN", None, SHAPE, "4PX labels"),
    _row("Amazon", "Amazon Logistics", r"TB[ACM]\d{12}", None, 95, _AMAZON),
    _row("Amazon", "Amazon Shipping UK and Europe", r"[A-Z]{2}\d{10}|Q\d{11}", None, GUESS, _AMAZON),
    _row(
        "OnTrac",
        "OnTrac",
        r"C(?P<body>\d{13})(?P<check>\d)",
        _after("4", digits.weighted((1, 2))),
        90,
        "OnTrac label guide",
        strict=True,
    ),
    _row(
        "OnTrac",
        "OnTrac",
        r"D(?P<body>\d{13})(?P<check>\d)",
        _after("5", digits.weighted((1, 2))),
        90,
        "OnTrac label guide",
        strict=True,
    ),
    _row("LaserShip", "LaserShip", r"1LS7[12]\d{10}|1LS7[12]\d{11}-1", None, SHAPE, "LaserShip labels"),
    _row("LaserShip", "LaserShip", r"LX1[3-8]\d{6}", None, 75, "LaserShip labels"),
    _row("LaserShip", "LaserShip", r"1LS\d{12,15}|L[A-Z]\d{8}", None, GUESS, "LaserShip labels"),
    _row(
        "Canada Post", "Canada Post", r"(?P<body>\d{15})(?P<check>\d)", _MOD10, CHECK, "Canada Post label specification"
    ),
    _row("Purolator", "Purolator", r"[A-Z]{3}\d{9}", None, 52, "Purolator label guide"),
    _row("Purolator", "Purolator", r"(?P<body>[0-5]\d{10})(?P<check>\d)", digits.luhn, 55, "Purolator label guide"),
    _row("Canpar", "Canpar", r"[CDKLSUXZ]\d{21}", None, SHAPE, "Canpar labels"),
    _row("GOFO", "GOFO Express", r"GFUS\d{14}", None, SHAPE, "GOFO labels"),
    _row("Landmark Global", "Landmark Global", r"LTN\d{8}N1", None, SHAPE, "Landmark Global labels"),
    _row("Spee-Dee", "Spee-Dee Delivery", r"SP\d{18}", None, SHAPE, "Spee-Dee labels"),
    _row(
        "Old Dominion",
        "Old Dominion",
        r"(?P<body>(?:77[78]|072)\d{7}|80\d{8})(?P<check>\d)",
        digits.luhn,
        60,
        "Old Dominion tracing page",
    ),
    _row("Yamato", "Yamato or Sagawa", r"(?P<body>\d{11})(?P<check>[0-6])", digits.mod7, 54, "Yamato slips, modulo 7"),
    _row(
        "",
        "IATA air waybill",
        r"\d{3}-(?P<body>\d{7})(?P<check>\d)",
        digits.mod7,
        80,
        "IATA Resolution 600a",
        strict=True,
    ),
    _row("Australia Post", "Australia Post eParcel", r"33[A-Z0-9]{3}\d{7,16}", None, 75, _AUSTRALIA),
    _row("Australia Post", "Australia Post eParcel", r"[A-Z]{3}\d{13}(?:\d{2})?", None, 52, _AUSTRALIA),
    _row("PostNL", "PostNL", r"3S[0-9A-Z]{9,15}", None, SHAPE, "PostNL barcode specification"),
    _row(
        "Swiss Post",
        "Swiss Post parcel",
        r"9[89]\.\d\d\.\d{6}\.\d{8}",
        None,
        95,
        "Swiss Post barcode specification",
    ),
    _row("Swiss Post", "Swiss Post parcel", r"9[89]\d{16}", None, 60, "Swiss Post barcode specification"),
    _row("bpost", "bpost parcel", r"3232\d{20}", None, 85, "bpost label specification"),
    _row("InPost", "InPost parcel", r"[56]\d{23}", None, 60, "InPost labels"),
    _row("Packeta", "Packeta", r"Z\d{10}", None, 85, "Packeta labels"),
    _row("Correos", "Correos parcel", r"P[A-Z][0-9A-Z]{20}[A-Z]", None, 85, "Correos label specification"),
    _row("Colis Privé", "Colis Privé", r"Z\d{16}", None, SHAPE, "Colis Privé labels"),
    _row("La Poste", "Colissimo", r"[0-9][A-Z]\d{11}", None, 80, "La Poste label specification"),
    _row("Cainiao", "Cainiao", r"LP00\d{12}", None, SHAPE, "Cainiao labels"),
    _row("YunExpress", "YunExpress", r"YT\d{16}", None, SHAPE, "YunExpress labels"),
    _row("EasyPost", "EasyPost test number", r"EZ\d0{8}\d", None, SHAPE, "EasyPost documentation"),
)

# How numbers begin that have one form, and that form in words: the reason where a scan was cut or mistyped.
BEGINNINGS: Final = (
    (r"1Z", "UPS 1Z", (18,), "letters and digits"),
    (r"9[1-5]\d{15,}$", "USPS package number", (22, 26), "digits"),
    (r"4209[1-5]|420\d{5,9}9[1-5]\d{10,}$", "USPS package number with ZIP", (30, 34, 38), "digits"),
    (r"96\d{15,}$", "FedEx Ground 96", (22, 34), "digits"),
    (r"TB[ACM]", "Amazon Logistics", (15,), "digits after three letters"),
    (r"JVGL", "DHL piece number", range(13, 25), "digits after its letters"),
    (r"JJD", "DHL parcel number", range(16, 28), "digits after its letters"),
    (r"GM\d", "DHL eCommerce", range(12, 42), "digits after its letters"),
    (r"3S", "PostNL", range(11, 18), "letters and digits"),
    (r"LP00", "Cainiao", (16,), "digits after its letters"),
    (r"YT\d{6,}$", "YunExpress", (18,), "digits after its letters"),
    (r"GFUS", "GOFO Express", (18,), "digits after its letters"),
    (r"[A-Z]{2}\d{6,11}[A-Z]{2}$", "UPU S10", (13,), "two letters, nine digits and two letters"),
)

# Posts that a country's S10 numbers belong to; others are named by their country.
POSTS: Final = {
    "AT": "Austrian Post",
    "AU": "Australia Post",
    "BE": "bpost",
    "BR": "Correios",
    "CA": "Canada Post",
    "CH": "Swiss Post",
    "CN": "China Post",
    "DE": "DHL",
    "DK": "PostNord",
    "ES": "Correos",
    "FR": "La Poste",
    "GB": "Royal Mail",
    "IE": "An Post",
    "IT": "Poste Italiane",
    "JP": "Japan Post",
    "NL": "PostNL",
    "NZ": "NZ Post",
    "PL": "Poczta Polska",
    "PT": "CTT",
    "SE": "PostNord",
    "US": "USPS",
}
# ISO 3166-1, alpha-2.
_ISO_3166: Final = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA
CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA
GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS
MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS
RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW
TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRIES: Final = frozenset(_ISO_3166.split())
