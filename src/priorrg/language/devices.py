"""The names of tubes, lines and implants, as reports use them."""

from priorrg.language.grammar import Kind, Row
from priorrg.language.observations import Observation

_O = Observation
_LINE = r"(?:lines?|catheters?)"

ROWS: tuple[Row, ...] = (
    (
        Kind.MENTION,
        r"chest (?:tubes?|drains?)|pig-?\s?tail(?: (?:chest )?(?:catheters?|drains?|tubes?))?|"
        r"thoracostomy (?:tubes?|drains?)|"
        r"(?:pleural|intercostal|thoracic|drainage) (?:drains?|catheters?|tubes?)|"
        r"pleur-?x(?: catheter)?",
        (_O.CHEST_DRAIN,),
    ),
    (
        Kind.MENTION,
        r"endotracheal(?: tubes?)?|et[- ]?tubes?|ett|et(?= and (?:ng|og|enteric|nasogastric|"
        r"orogastric) tubes)",
        (_O.ENDOTRACHEAL_TUBE,),
    ),
    (
        Kind.MENTION,
        r"(?:naso|oro)?gastric(?: (?:feeding )?tubes?)|(?:naso|oro)gastric|"
        r"(?:naso)?enteric(?: (?:feeding )?tubes?)?|"
        r"[no]g[- ]?tubes?|[no]gt|[no]g(?= and )|dob+-?h+of+(?: (?:feeding )?tubes?)?|feeding tubes?",
        (_O.ENTERIC_TUBE,),
    ),
    (
        Kind.MENTION,
        r"piccs?(?: " + _LINE + r")?|peripherally inserted central (?:venous )?" + _LINE + r"|"
        r"(?:central )?venous (?:access )?" + _LINE + r"|central (?:access )?" + _LINE + r"|"
        r"(?:internal )?jugular (?:(?:central|venous|dialysis) )*" + _LINE + r"|"
        r"(?:ij|subclavian) (?:(?:central|venous|dialysis) )*" + _LINE + r"|"
        r"(?:dialysis|hemodialysis|vascular|swan-?\s?ganz|hickman) " + _LINE + r"|swan-?\s?ganz|cvc|cvl|"
        r"(?:chest |infusion )?port(?:-?\s?a-?\s?cath)?s?|(?:medi|porta)-?port|portacath",
        (_O.CENTRAL_LINE,),
    ),
    (
        Kind.MENTION,
        r"(?:cardiac )?(?:pacemakers?|pacers?|aicd|icd|defibrillators?)(?:[-/ ](?:icd|aicd|"
        r"defibrillator))?"
        r"(?: (?:leads?|wires?|device|generator))*|(?:cardiac )?pacing (?:leads?|wires?|device)|"
        r"cardiac (?:implantable )?(?:electronic )?device",
        (_O.PACEMAKER,),
    ),
    (Kind.MENTION, r"intubated", (_O.ENDOTRACHEAL_TUBE,)),
    (Kind.MENTION, r"(?:interval )?(?:extubated|extubation)", "extubated"),
    (
        Kind.MENTION,
        r"interval intubation|(?:has|have) (?:now |since )?been intubated",
        "newly intubated",
    ),
)
