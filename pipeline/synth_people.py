"""Invented providers and members: nobody in them exists, and every number is one that nobody was given.

Decides who there is in a synthetic plan. What was referred to whom, and what came of it, is decided elsewhere.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from schemas.codes import CS_SERVICES, SOBERING_CENTERS

Record = dict[str, str]

FIRST_NAMES = (
    *("Ana", "Benito", "Chloe", "Dmitri", "Esperanza", "Farid", "Grace", "Hien", "Inés", "Jamal", "Keiko", "Luz", "Mateo", "Nadia"),
    *("Oscar", "Priya", "Quang", "Rosa", "Samuel", "Thérèse", "Ulises", "Valentina", "Wei", "Ximena", "Yusuf", "Zoë"),
)
LAST_NAMES = (
    *("Abbasi", "Barrera", "Castillo", "Dang", "Estrada", "Flores", "Garcia", "Huang", "Ibarra", "Jackson", "Kaur", "Lopez", "Medina"),
    *("Navarro", "Okafor", "Peña", "Quintero", "Ramirez", "Salazar", "Tran", "Urrutia", "Villanueva", "Washington", "Xiong", "Ybarra"),
)
ODD_LAST_NAMES = ("O'Neil-Nuñez", "=Reyes", "@Lane", "de la Cruz y Sáenz", "D'Ávila", "Nguyễn", "St. John", "Smith-=Jones")
CIN_LETTERS = "ACDEFGHMNTUVWXYZ"
UNUSUAL_CIN_LETTERS = "BIJKLOPQRS"  # right in form, yet Medi-Cal does not use them
COUNTIES = ("Imperial", "Riverside", "San Bernardino")
CITIES = {"Imperial": ("El Centro", "92243"), "Riverside": ("Hemet", "92543"), "San Bernardino": ("Fontana", "92335")}
LANGUAGES = ("English", "Spanish", "Vietnamese", "Mandarin", "Punjabi")
PLACES = ("Alder", "Birch", "Cedar", "Desert Willow", "Elm", "Fan Palm", "Granite", "Hillside", "Ironwood", "Juniper", "Keystone", "Laurel")
TRADES = ("Care Partners", "Community Health", "Supports Collective", "Family Services", "Home Network")
POPULATIONS = ("Individuals experiencing homelessness", "Adults at risk of avoidable hospital use", "Adults living in the community")
PROGRAMS_IN_TURN = ("ECM;CS", "ECM", "CS")
FORMATS_IN_TURN = ("xlsx", "csv", "xlsx", "pipe", "csv")


def providers(number: int, rng: Random, today: date) -> list[Record]:
    """A roster: `schemas.providers.Providers` as texts, in the order of provider_id."""
    offered = [label for label in CS_SERVICES.labels if label != SOBERING_CENTERS]
    npis = distinct_npis(number, rng)
    roster = []
    for place in range(number):
        programs = PROGRAMS_IN_TURN[place % len(PROGRAMS_IN_TURN)]
        name = f"{PLACES[place % len(PLACES)]} {TRADES[rng.randrange(len(TRADES))]}"
        services = sorted(rng.sample(offered, rng.randint(2, 5))) if "CS" in programs else []
        if services and place % 7 == 0:
            services.append(SOBERING_CENTERS)
        contact = f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"
        mailbox = f"{name.split(' ')[0].lower()}-{place + 1:03}"
        roster.append(
            {
                "provider_id": f"P{place + 1:03}",
                "name": f"{name} {place + 1}",
                "npi": npis[place],
                "tin": tin(rng),
                "programs": programs,
                "services": ";".join((["ECM"] if "ECM" in programs else []) + services),
                "counties": ";".join(sorted(rng.sample(COUNTIES, rng.randint(1, 3)))),
                "languages": ";".join(["English", *rng.sample(LANGUAGES[1:], rng.randint(0, 2))]),
                "capacity": str(rng.randrange(50, 500, 10)),
                "phone": phone(rng),
                "contact_name": contact,
                "contact_email": f"files@{mailbox}.example",
                "mailbox": mailbox,
                "file_format": FORMATS_IN_TURN[place % len(FORMATS_IN_TURN)],
                "effective": american(today.replace(day=1) - timedelta(days=rng.randrange(300, 1500))),
                "end": "",
            }
        )
    return roster


def members(number: int, unusual: int, rng: Random, today: date) -> list[Record]:
    """Members: `schemas.members.Members` as texts. unusual: how many of them have a CIN with an unusual letter."""
    numbers = rng.sample(range(1, 10**7), 2 * number)
    pcps = [(f"Dr. {rng.choice(LAST_NAMES)}", npi, phone(rng)) for npi in distinct_npis(20, rng)]
    return [_member(place, numbers, unusual > place, pcps[rng.randrange(len(pcps))], rng, today) for place in range(number)]


def _member(place: int, numbers: list[int], unusual: bool, pcp: tuple[str, str, str], rng: Random, today: date) -> Record:
    homeless, county = rng.random() < 0.08, rng.choice(COUNTIES)
    guarded, reachable = rng.random() < 0.06, rng.random() < 0.9
    first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
    if place % 23 == 4:
        last = ODD_LAST_NAMES[place // 23 % len(ODD_LAST_NAMES)]
    city, zip_code = CITIES[county]
    housed = not homeless or rng.random() < 0.3
    letters = UNUSUAL_CIN_LETTERS if unusual else CIN_LETTERS
    return {
        "cin": f"9{numbers[place]:07}{rng.choice(letters)}",
        "plan_member_id": f"00{rng.randrange(10**8):08}",
        "first_name": first,
        "last_name": last + (" Jr." if rng.random() < 0.02 else ""),
        "date_of_birth": american(today - timedelta(days=rng.randrange(400, 33000))),
        "gender": rng.choice("MFU"),
        "race_ethnicity": rng.choice("ABCHIJNOP"),
        "language_spoken": (language := rng.choice(LANGUAGES)),
        "language_written": language,
        "phone": phone(rng) if reachable else "",
        "address": f"{rng.randrange(100, 9999)} {rng.choice(PLACES)} St" if housed else "",
        "city": city if housed else "",
        "state": "CA" if housed else "",
        "zip": zip_code if housed else "",
        "county": county,
        "email": f"member{place + 1}@mail.example" if rng.random() < 0.4 else "",
        "homeless": "Y" if homeless else "N",
        "guardian_first_name": rng.choice(FIRST_NAMES) if guarded else "",
        "guardian_last_name": last if guarded else "",
        "guardian_phone": phone(rng) if guarded else "",
        "pcp_name": pcp[0],
        "pcp_npi": pcp[1],
        "pcp_phone": pcp[2],
        "populations_of_focus": rng.choice(POPULATIONS),
        "acuity": rng.choice(("Low", "Medium", "High")),
        "clinical_highlights": rng.choice(("", "", "Asthma", "Diabetes, on insulin", "Recovering from surgery")),
        "part2_consent": "Y" if rng.random() < 0.2 else "N",
        "previous_cin": f"9{numbers[-1 - place]:07}{rng.choice(CIN_LETTERS)}" if rng.random() < 0.03 else "",
    }


def distinct_npis(number: int, rng: Random) -> list[str]:
    """NPIs with their check digit. They begin with 2, with which none has been given out."""
    return [f"2{middle:08}{luhn_digit(f'808402{middle:08}')}" for middle in rng.sample(range(10**8), number)]


def luhn_digit(digits: str) -> int:
    """The digit that makes the Luhn sum of the digits and itself a multiple of ten (45 CFR 162.406; ISO/IEC 7812)."""
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits))]
    return -sum(value // 10 + value % 10 for value in doubled) % 10


def phone(rng: Random) -> str:
    """Ten digits out of the hundred of each area that are kept for fiction."""
    return f"{rng.choice(('442', '760', '909', '951'))}55501{rng.randrange(100):02}"


def tin(rng: Random) -> str:
    """A tax number with the prefix 00, which is never given out."""
    return f"00-{rng.randrange(10**7):07}"


def american(day: date) -> str:
    """A date as the layouts ask for it."""
    return f"{day:%m/%d/%Y}"
