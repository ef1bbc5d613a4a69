"""The words that addresses in the United States are written with, each with its one spelling.

Suffixes and directionals follow the postal abbreviations (USPS Publication 28), with what people
write beside them.
"""

from __future__ import annotations

_SUFFIXES = """
ALY ALLEY ALLEE ALLY|ANX ANEX ANNEX|ARC ARCADE|AVE AVENUE AV AVEN AVENU AVN AVNUE|BCH BEACH
BLF BLUFF|BLVD BOULEVARD BOUL BOULV BLVRD BVD|BND BEND|BR BRANCH|BRG BRIDGE|BRK BROOK
BYP BYPASS BYPAS|CIR CIRCLE CIRC CIRCL CRCL|CLB CLUB|CMN COMMON|CMNS COMMONS|COR CORNER|CORS CORNERS
CRES CRESCENT CRSENT|CRK CREEK|CRST CREST|CSWY CAUSEWAY CAUSWA|CT COURT CRT|CTR CENTER CENTRE CENTR CNTR
CTS COURTS|CV COVE|CYN CANYON|DL DALE|DR DRIVE DRV DRIV|DRS DRIVES|EST ESTATE|ESTS ESTATES
EXPY EXPRESSWAY EXPRESS EXPR EXPW|EXT EXTENSION EXTN|FLD FIELD|FLDS FIELDS|FLT FLAT|FRD FORD
FRK FORK|FRY FERRY|FWY FREEWAY FRWY FRWAY|GDN GARDEN|GDNS GARDENS|GLN GLEN|GRN GREEN|GRV GROVE GROV
GTWY GATEWAY GATEWY|HBR HARBOR HARB|HL HILL|HLS HILLS|HOLW HOLLOW|HTS HEIGHTS HT|HVN HAVEN
HWY HIGHWAY HIWAY HWAY HIWY|IS ISLAND|JCT JUNCTION JCTION|KNL KNOLL|KNLS KNOLLS|LK LAKE|LKS LAKES
LN LANE|LNDG LANDING|LOOP LOOPS|MALL|MDW MEADOW|MDWS MEADOWS|ML MILL|MLS MILLS|MNR MANOR|MSN MISSION
MTN MOUNTAIN|ORCH ORCHARD|OVAL OVL|PARK PRK PK|PASS|PATH PATHS|PIKE PIKES|PKWY PARKWAY PKY PARKWY PKWAY PKW
PL PLACE|PLN PLAIN|PLNS PLAINS|PLZ PLAZA PLZA|PNE PINE|PNES PINES|PT POINT|PTS POINTS|PRT PORT
PR PRAIRIE|RD ROAD|RDG RIDGE|RDS ROADS|RIV RIVER|ROW|RUN|SHR SHORE|SHRS SHORES|SPG SPRING
SPGS SPRINGS SPNGS|SQ SQUARE SQR SQUAR|ST STREET STR STRT STREE|STA STATION STN|STRM STREAM|SMT SUMMIT
TER TERRACE TERR|TPKE TURNPIKE TRNPK TURNPK TPK|TRCE TRACE|TRL TRAIL TRLS TR|TUNL TUNNEL|VIA|VIS VISTA VST
VL VILLE|VLG VILLAGE VILL|VLY VALLEY|VW VIEW|WALK|WAY WY|WAYS|WL WELL|WLS WELLS|XING CROSSING CRSSNG|XRD CROSSROAD
"""
_DIRECTIONS = """
N NORTH NO NTH|S SOUTH SO STH|E EAST|W WEST|NE NORTHEAST|NW NORTHWEST|SE SOUTHEAST|SW SOUTHWEST
"""
_UNITS = """
STE SUITE SUIT SUITES STES|UNIT UNT UNITS|APT APARTMENT|BLDG BUILDING BLD BLG|FL FLOOR FLR|RM ROOM
SPC SPACE SP|LOT|BAY|DEPT DEPARTMENT|OFC OFFICE|LVL LEVEL|BSMT BASEMENT|PH PENTHOUSE|STALL KIOSK
"""
_ORDINALS = """
FIRST SECOND THIRD FOURTH FIFTH SIXTH SEVENTH EIGHTH NINTH TENTH ELEVENTH TWELFTH THIRTEENTH
FOURTEENTH FIFTEENTH SIXTEENTH SEVENTEENTH EIGHTEENTH NINETEENTH TWENTIETH
"""
_NUMBERS = "ONE TWO THREE FOUR FIVE SIX SEVEN EIGHT NINE TEN ELEVEN TWELVE"
_TENS = "TWENTY THIRTY FORTY FIFTY SIXTY SEVENTY EIGHTY NINETY"
_NAMES = """
SAINT ST|SAINTE STE|MOUNT MT|FORT FT|JUNIOR JR|DOCTOR DR|SENIOR SR|COUNTY CO CNTY CTY
INTERNATIONAL INTL|GENERAL GEN|PRESIDENT PRES|TOWNSHIP TWP|MEMORIAL MEML MEM|INDUSTRIAL IND INDL
"""
# A road by its number, in all the ways people write it.
_ROADS = """
US HWY=US HIGHWAY,US HWY,US ROUTE,US RTE,US RT,US RD,US,U S HIGHWAY,U S HWY,U S ROUTE,U S,UNITED STATES HIGHWAY,FEDERAL HIGHWAY
STATE RD=STATE ROUTE,STATE ROAD,STATE HIGHWAY,STATE HWY,STATE RTE,STATE RT,STATE RD,SR,SH,STH,ST RTE,ST RT,ST RD,ST HWY
COUNTY RD=COUNTY ROAD,COUNTY RD,COUNTY ROUTE,COUNTY RTE,COUNTY HIGHWAY,COUNTY HWY,CO RD,CO RTE,CO HWY,CNTY RD,CR,CTH,CTY RD
INTERSTATE=INTERSTATE HIGHWAY,INTERSTATE HWY,INTERSTATE,IH,I
FM=FARM TO MARKET ROAD,FARM TO MARKET RD,FARM TO MARKET,FM ROAD,FM RD,FM
HWY=HIGHWAY,HWY,HIWAY
RTE=ROUTE,RTE,RT
"""


def _table(text: str) -> dict[str, str]:
    return {
        word: group.split()[0]
        for group in text.replace("\n", "|").split("|")
        for word in group.split()
    }


SUFFIXES = _table(_SUFFIXES)
DIRECTIONS = _table(_DIRECTIONS)
UNITS = _table(_UNITS)
NAMES = {
    word: words[0]
    for group in _NAMES.replace("\n", "|").split("|")
    if (words := group.split())
    for word in words
}
ORDINALS = {word: str(number) for number, word in enumerate(_ORDINALS.split(), 1)}
NUMBERS = {word: str(number) for number, word in enumerate(_NUMBERS.split(), 1)}
TENS = {word: number for number, word in enumerate(_TENS.split(), 2)}
ROADS: tuple[tuple[tuple[str, ...], str], ...] = tuple(
    sorted(
        (
            (tuple(way.split()), name)
            for line in _ROADS.strip().splitlines()
            for name, _, ways in [line.partition("=")]
            for way in ways.split(",")
        ),
        key=lambda one: -len(one[0]),
    )
)


def ordinal(words: list[str]) -> tuple[str, int]:
    """Return ``(number, words used)`` of an ordinal at the beginning, ``("", 0)`` for none.

    ``FIRST``, ``1ST``, ``TWENTY THIRD``, ``TWENTYTHIRD`` and ``23RD`` are numbers of streets.
    """
    word = words[0]
    if word in ORDINALS:
        return ORDINALS[word], 1
    if word[:-2].isdecimal() and word[-2:] in {"ST", "ND", "RD", "TH"}:
        return str(int(word[:-2])), 1
    if word in TENS and len(words) > 1 and (unit := _unit(words[1])):
        return str(TENS[word] * 10 + unit), 2
    for tens, value in TENS.items():
        if word.startswith(tens) and (unit := _unit(word[len(tens) :])):
            return str(value * 10 + unit), 1
        if word == f"{tens[:-1]}IETH":
            return str(value * 10), 1
    return "", 0


def _unit(word: str) -> int:
    number = int(ORDINALS.get(word, "0"))
    return number if number < 10 else 0  # noqa: PLR2004 - "twenty first", never "twenty tenth"
