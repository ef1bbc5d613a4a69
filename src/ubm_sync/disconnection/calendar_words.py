"""Names of months, weekdays and numbers in English, Spanish and French, folded."""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


def _numbered(lines: str, first: int) -> dict[str, int]:
    """Return each word of a line with the line's number, from ``first`` on."""
    every = enumerate(lines.strip().splitlines(), first)
    return {word: number for number, line in every for word in line.split()}


MONTHS = _numbered(
    """
    jan january enero ene janvier janv
    feb february febrero fevrier fev
    mar march marzo mars
    apr april abril abr avril
    may mayo mai
    jun june junio juin
    jul july julio juillet
    aug august agosto ago aout
    sep sept september septiembre setiembre septembre
    oct october octubre octobre
    nov november noviembre novembre novmber
    dec december diciembre dic decembre
    """,
    1,
)
WEEKDAYS = _numbered(
    """
    monday mon lunes lundi
    tuesday tue tues martes mardi
    wednesday wed weds miercoles mercredi
    thursday thu thur thurs jueves jeudi
    friday fri viernes vendredi
    saturday sat sabado samedi
    sunday sun domingo dimanche
    """,
    0,
)
COUNTS = _numbered(
    """
    zero cero
    one uno un a an une
    two dos deux couple
    three tres trois
    four cuatro quatre
    five cinco cinq
    six seis
    seven siete sept
    eight ocho huit
    nine nueve neuf
    ten diez dix
    eleven once onze
    twelve doce douze
    thirteen trece
    fourteen catorce
    fifteen quince quinze
    sixteen dieciseis
    seventeen diecisiete
    eighteen dieciocho
    nineteen diecinueve
    twenty veinte vingt
    """,
    0,
)
NTH = _numbered(
    """
    first primero premier
    second
    third
    fourth
    fifth
    sixth
    seventh
    eighth
    ninth
    tenth
    eleventh
    twelfth
    thirteenth
    fourteenth
    fifteenth
    sixteenth
    seventeenth
    eighteenth
    nineteenth
    twentieth
    """,
    1,
) | {"thirtieth": 30}
TENS = {"twenty": 20, "thirty": 30, "treinta": 30, "forty": 40, "seventy": 70}
