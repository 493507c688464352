"""Made-up reports with made-up identifiers at known places, easy and hard ones, in fixed shares."""

import random
from dataclasses import dataclass

from priorrg.data.phi import Kind

GIVEN = (
    "Ottilie", "Bartholomew", "Xiulan", "Priyanka", "Mohammed", "Siobhan", "Thandiwe", "Giovanni", "Anneliese",
    "Kwame", "Mary", "Robert", "Linda", "James", "Patricia", "Michael", "Zbigniew", "Oluwaseun", "Hikari",
    "Ingrid",
)  # fmt: skip
FAMILY = (
    "Vandermeer", "Oakhurst", "Szymanski", "Okonkwo", "Pellegrino", "Thistlewood", "Brannigan", "Yamazaki",
    "Featherstone", "Kowalczyk", "Abernathy", "Castellanos", "O'Shaughnessy", "Lindqvist", "Montgomery-Hale",
    "Drummond", "Weatherby", "Novakova",
)  # fmt: skip
STREETS = ("Juniper", "Old Mill", "Harborview", "Elderberry", "Kingfisher")
KINDS = ("Street", "Avenue", "Road", "Lane", "Drive", "Blvd")
TOWNS = ("Rivermouth", "Eastbrook", "Pinehollow")
MONTHS = ("January", "February", "March", "April", "June", "August", "October", "November")
BODY = (
    "FINDINGS: PA and lateral views of the chest. The lungs are clear without focal consolidation.",
    "There is a 1.5 x 2.3 cm nodule in the right upper lobe, previously 1.2 cm.",
    "A Swan-Ganz catheter and Jackson-Pratt drain are unchanged. Kerley B lines are seen.",
    "The endotracheal tube ends 4 cm above the carina. Right PICC line in the mid SVC.",
    "Degenerative changes at T11-T12. Old fractures of the 5th to 8th left ribs.",
    "IMPRESSION: 1. No acute cardiopulmonary process. 2. Stable cardiomegaly.",
    "INDICATION: 67-year-old man with cough for 10 days. Evaluate for pneumonia.",
    "HISTORY: Status post CABG. WBC 12,500. Temperature 101.3. INR 2.1.",
    "Lucencies at the Left Apex may represent Skin Folds. Mild Pulmonary Edema.",
    "COMPARISON: Chest radiograph two days earlier. Technique: AP portable at 6:45 a.m.",
)


@dataclass(frozen=True)
class Planted:
    """One identifier in a text, by characters."""

    kind: Kind
    start: int
    end: int


def corpus(count: int, seed: int) -> list[tuple[str, list[Planted]]]:
    """Return reports of four ordinary sentences and one to three with an identifier each."""
    rng = random.Random(seed)
    return [_report(rng) for _ in range(count)]


def _report(rng: random.Random) -> tuple[str, list[Planted]]:
    sentences = [(text, None, None) for text in rng.sample(BODY, 4)]
    sentences += [_identifying(rng) for _ in range(rng.randint(1, 3))]
    rng.shuffle(sentences)
    text, planted = "", []
    for sentence, kind, value in sentences:
        if kind is not None:
            start = len(text) + sentence.index(value)
            planted.append(Planted(kind, start, start + len(value)))
        text += sentence + rng.choice((" ", "\n"))
    return text, planted


def _identifying(rng: random.Random) -> tuple[str, Kind, str]:
    kind = rng.choice(list(Kind))
    value, frames = _MAKERS[kind](rng)
    return rng.choice(frames).format(value), kind, value


def _name(rng):
    given, family = rng.choice(GIVEN), rng.choice(FAMILY)
    return rng.choice(
        (
            (
                f"{given} {family}",
                ("Dictated by {}.", "Discussed with Dr. {} by telephone.", "Attending: {}"),
            ),
            (f"{given} {family}", ("Patient: {}", "Mrs. {} was examined.", "Signed by: {}, M.D.")),
            (family, ("Findings were conveyed to Dr. {} at 3 pm.", "Mr. {} is intubated.")),
            (f"{family.upper()}, {given.upper()}", ("NAME: {}", "Patient Name: {}")),
            (f"{given} {family}", ("{} was informed.", "As {} had fallen, a rib series was added.")),
            (family, ("The {} family was told.", "{} to see the patient.")),
        )
    )


def _date(rng):
    year, month, day = rng.randint(1931, 2024), rng.randint(1, 12), rng.randint(1, 28)
    name = rng.choice(MONTHS)
    value = rng.choice(
        (
            f"{month}/{day}/{year}", f"{month:02}/{day:02}/{year % 100:02}", f"{year}-{month:02}-{day:02}",
            f"{name} {day}, {year}", f"{day} {name} {year}", f"{day:02}.{month:02}.{year}", f"{name} {year}",
            f"{year}{month:02}{day:02}", f"{month}/{day}", f"{name} {day}",
        )
    )  # fmt: skip
    return value, ("Compared with the study of {}.", "COMPARISON: {}.", "Surgery on {}.", "DOB {}")


def _number(rng):
    digits = "".join(rng.choices("123456789", k=rng.randint(6, 9)))
    value = rng.choice(
        (digits, f"A{digits}", f"CX-{digits}", f"{digits[:3]}-{digits[3:5]}-{digits[:4]}")
    )
    return value, ("MRN: {}.", "Accession number {}.", "Case {} reviewed.", "See {} for details.")


def _phone(rng):
    a, b, c = rng.randint(200, 989), rng.randint(200, 989), rng.randint(1000, 9999)
    value = rng.choice(
        (f"({a}) {b}-{c}", f"{a}-{b}-{c}", f"{a}.{b}.{c}", f"+44 {a} {b} {c}", f"{b}-{c}")
    )
    return value, ("Please call {}.", "Pager {}.", "Results were phoned to {}.")


def _email(rng):
    name = f"{rng.choice(GIVEN).lower()}.{rng.choice(FAMILY).lower().replace(chr(39), '')}"
    return f"{name}@example.org", ("Questions to {}.", "Sent to {} today.")


def _address(rng):
    street = f"{rng.randint(1, 999)} {rng.choice(STREETS)} {rng.choice(KINDS)}"
    town = f"{rng.choice(TOWNS)}, {rng.choice(('MA', 'OH', 'TX'))} {rng.randint(10000, 99999)}"
    value = rng.choice((street, town, f"{street}, {town}", rng.choice(TOWNS)))
    return value, ("Lives at {}.", "Transferred from {}.", "Address: {}.")


def _age(rng):
    return str(rng.randint(90, 104)), (
        "A {}-year-old woman with dyspnea.",
        "{} year old man.",
        "Aged {}.",
    )


_MAKERS = {
    Kind.NAME: _name,
    Kind.DATE: _date,
    Kind.NUMBER: _number,
    Kind.PHONE: _phone,
    Kind.EMAIL: _email,
    Kind.ADDRESS: _address,
    Kind.AGE: _age,
}
