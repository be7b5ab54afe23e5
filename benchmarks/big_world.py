"""The people, places and cameras of the drawn large library."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

# Given names and family names of several languages, also with accents and of several words.
GIVEN = [
    "Anna",
    "Zoë",
    "Björn",
    "José",
    "Łucja",
    "Nguyễn",
    "Mei",
    "Aïcha",
    "Søren",
    "Ólafur",
    "Ivana",
    "Dmitri",
    "Françoise",
    "Giulia",
    "Jürgen",
    "Keiko",
    "Lars",
    "Mbali",
    "Noor",
    "Owen",
    "Priya",
    "Quentin",
    "Rosa",
    "Siobhán",
    "Tomáš",
]
FAMILY = [
    "Rossi",
    "Lindqvist",
    "García Márquez",
    "O’Brien",
    "Nowak",
    "van der Berg",
    "Ångström",
    "Müller",
    "Okafor",
    "Tanaka",
    "Dubois",
    "Kovács",
    "Silva",
    "Petrović",
    "Jensen",
    "Fernández",
    "Ek",
    "Haddad",
    "Schmidt",
    "Yılmaz",
]

CAMERAS = (
    *("Canon PowerShot A520", "Nikon D70", "Sony DSC-W55", "Canon EOS 450D", "Panasonic DMC-TZ7", "Apple iPhone 4S"),
    *("Fujifilm X100", "Samsung Galaxy S5", "Apple iPhone 7", "Sony ILCE-7M3", "Google Pixel 4", "Apple iPhone 13"),
)  # in the order of the years in which they were in use


@dataclass(frozen=True)
class Place:
    name: str
    latitude: float
    longitude: float


PLACES = tuple(
    Place(name, latitude, longitude)
    for name, latitude, longitude in (
        ("Lisbon, Portugal", 38.72, -9.14),
        ("Oslo, Norway", 59.91, 10.75),
        ("Zürich, Switzerland", 47.37, 8.54),
        ("Málaga, Spain", 36.72, -4.42),
        ("Kraków, Poland", 50.06, 19.94),
        ("Reykjavík, Iceland", 64.15, -21.94),
        ("Kyoto, Japan", 35.01, 135.77),
        ("New York City, United States", 40.71, -74.01),
        ("San Francisco, United States", 37.77, -122.42),
        ("São Paulo, Brazil", -23.55, -46.63),
        ("Buenos Aires, Argentina", -34.60, -58.38),
        ("Cape Town, South Africa", -33.92, 18.42),
        ("Marrakesh, Morocco", 31.63, -7.99),
        ("Istanbul, Turkey", 41.01, 28.98),
        ("Hanoi, Vietnam", 21.03, 105.85),
        ("Sydney, Australia", -33.87, 151.21),
        ("Wellington, New Zealand", -41.29, 174.78),
        ("Suva, Fiji", -18.14, 178.44),
        ("Göteborg, Sweden", 57.71, 11.97),
        ("Edinburgh, United Kingdom", 55.95, -3.19),
        ("Galway, Ireland", 53.27, -9.05),
        ("Paris, France", 48.86, 2.35),
        ("Chamonix, France", 45.92, 6.87),
        ("Venice, Italy", 45.44, 12.32),
        ("Palermo, Italy", 38.12, 13.36),
        ("Athens, Greece", 37.98, 23.73),
        ("Budapest, Hungary", 47.50, 19.04),
        ("Prague, Czechia", 50.08, 14.44),
        ("Berlin, Germany", 52.52, 13.40),
        ("Tromsø, Norway", 69.65, 18.96),
        ("Mumbai, India", 19.08, 72.88),
        ("Cusco, Peru", -13.53, -71.97),
        ("Vancouver, Canada", 49.28, -123.12),
        ("Anchorage, United States", 61.22, -149.90),
        ("Honolulu, United States", 21.31, -157.86),
        ("Nairobi, Kenya", -1.29, 36.82),
    )
)
OCCASIONS = ("Birthday", "Christmas", "Garden", "School", "Wedding", "Hiking", "Weekend", "Concert")


def person_names(count: int) -> list[str]:
    """That many different names."""
    pairs = [f"{given} {family}" for family, given in product(FAMILY, GIVEN)]
    rounds = -(-count // len(pairs))
    numbered = [f"{pair} {'I' * number}".rstrip() for number in range(rounds) for pair in pairs]
    return numbered[:count]
