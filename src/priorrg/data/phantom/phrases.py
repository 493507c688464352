"""The radiologist's sentences: one table per kind of statement.

Words only. In a pattern ``{a}`` is the noun phrase with its indefinite article, ``{the}`` with the
definite one, ``{np}`` without, ``{is}`` and ``{has}`` the verb in its number, ``{more}`` and ``{less}``
the comparatives that fit the finding. The first pattern of each table is the shortest.
"""

from collections.abc import Mapping

from priorrg.language.observations import Change, Observation

PLAIN = (
    "{np}.",
    "There {is} {a}.",
    "{a} {is} present.",
    "{a} {is} seen.",
    "{a} {is} noted.",
    "The radiograph shows {a}.",
)
CHANGED: Mapping[Change, tuple[str, ...]] = {
    Change.UNCHANGED: (
        "Unchanged {np}.",
        "Stable {np}.",
        "{the} {is} unchanged.",
        "{the} {is} stable.",
        "There {is} {a}, unchanged from the prior study.",
        "{a} {is} again seen, unchanged.",
        "{np}, unchanged.",
    ),
    Change.NEW: (
        "New {np}.",
        "{np}, new.",
        "There {is} {new}.",
        "{a} {is} new since the prior study.",
        "{a} {has} developed since the prior study.",
        "Interval development of {a}.",
        "There {is} {a}, new from the prior study.",
    ),
    Change.LARGER: (
        "Increased {np}.",
        "{the} {has} increased.",
        "{the} {is} {more} than before.",
        "{the} {has} increased since the prior study.",
        "Interval increase in {the}.",
        "{the} {has} worsened.",
        "There {is} {a}, increased from the prior study.",
    ),
    Change.SMALLER: (
        "Decreased {np}.",
        "{the} {has} decreased.",
        "{the} {is} {less} than before.",
        "{the} {has} decreased since the prior study.",
        "Interval decrease in {the}.",
        "{the} {has} improved.",
        "There {is} {a}, decreased from the prior study.",
    ),
    Change.RESOLVED: (
        "Resolved {np}.",
        "{the} {has} resolved.",
        "Interval resolution of {the}.",
        "{the} {is} no longer seen.",
        "Previously seen {np} {has} resolved.",
        "{the} {has} resolved since the prior study.",
    ),
}
CHANGED_FRACTURE: Mapping[Change, tuple[str, ...]] = {
    Change.LARGER: (
        "Increased displacement of {the}.",
        "Interval increase in displacement of {the}.",
        "{the} {has} worsened.",
        "{the} {is} worse than before.",
        "{the} {has} increased since the prior study.",
    ),
    Change.SMALLER: (
        "Decreased displacement of {the}.",
        "Interval decrease in displacement of {the}.",
        "{the} {has} improved.",
        "{the} {is} better than before.",
        "{the} {has} decreased since the prior study.",
    ),
}
TAILS: Mapping[Change | None, tuple[str, ...]] = {
    None: ("",),
    Change.UNCHANGED: (", unchanged", ", stable", ", unchanged from the prior study"),
    Change.NEW: (", new", ", new since the prior study", ", new from the prior study"),
    Change.LARGER: (", increased", ", increased since the prior study", ", {more} than before"),
    Change.SMALLER: (", decreased", ", decreased since the prior study", ", {less} than before"),
}
"""What follows a hedged statement or one about the heart."""
JOINED: Mapping[Change | None, tuple[str, ...]] = {
    None: ("{np} and {np2}.", "There {is} {a} and {a2}.", "{a} and {a2} are present."),
    Change.UNCHANGED: ("{the} and {np2} are unchanged.", "{np} and {np2} are stable."),
    Change.NEW: ("{a} and {a2} are new since the prior study.", "{np} and {np2} are new."),
    Change.LARGER: ("{the} and {np2} have increased.", "{np} and {np2} have worsened."),
    Change.SMALLER: ("{the} and {np2} have decreased.", "{np} and {np2} have improved."),
    Change.RESOLVED: ("{the} and {np2} have resolved.", "{the} and {np2} are no longer seen."),
}
HEDGED = (
    "Possible {np}{tail}.",
    "Probable {np}{tail}.",
    "Likely {np}{tail}.",
    "There may be {a}{tail}.",
    "There is a possible {np}{tail}.",
)
"""The last one needs a counted noun."""
MAY_REPRESENT = "Density in the {side} {height} lung may represent {word}{tail}."
HEART = ("The heart is {size}ly enlarged{tail}.", "Heart size is {size}ly enlarged{tail}.")
HEART_RESOLVED = ("The heart is no longer enlarged.", "The cardiomegaly has resolved.")
COMPARATIVES: Mapping[Observation, tuple[str, str]] = {
    Observation.EFFUSION: ("larger", "smaller"),
    Observation.CONSOLIDATION: ("worse", "better"),
    Observation.EDEMA: ("worse", "better"),
    Observation.ATELECTASIS: ("worse", "better"),
    Observation.PNEUMOTHORAX: ("larger", "smaller"),
    Observation.CARDIOMEGALY: ("worse", "better"),
    Observation.NODULE: ("larger", "smaller"),
    Observation.FRACTURE: ("worse", "better"),
}

DENIED = (
    "No {word}.",
    "There is no {word}.",
    "No evidence of {word}.",
    "No {word} is seen.",
    "There is no evidence of {word}.",
)
DENIED_BY_NAME: Mapping[Observation, tuple[str, ...]] = {
    Observation.CONSOLIDATION: ("No focal consolidation.", "There is no focal consolidation."),
    Observation.CARDIOMEGALY: (
        "The heart is not enlarged.",
        "The heart is normal in size.",
        "Heart size is normal.",
    ),
    Observation.FRACTURE: ("No acute rib fracture.", "There is no acute rib fracture."),
    Observation.NODULE: ("No pulmonary nodule.", "No suspicious lung nodule."),
}
NORMAL = (
    "No acute cardiopulmonary abnormality.",
    "No acute cardiopulmonary process.",
    "The lungs are clear.",
    "Normal chest radiograph.",
    "The chest is normal.",
    "No acute abnormality.",
)
NORMAL_UNCHANGED = (
    "No significant interval change.",
    "No interval change.",
    "No change from the prior study.",
)

DEVICE_PLAIN = (
    "{np} in place.",
    "{a} is in place.",
    "{a} is present.",
    "{a} is seen.",
    "There is {a}.",
    "{a} is noted.",
)
DEVICE_CHANGED: Mapping[Change, tuple[str, ...]] = {
    Change.UNCHANGED: (
        "Unchanged {np}.",
        "{the} is unchanged.",
        "{the} is unchanged in position.",
        "{np} in unchanged position.",
        "Stable {np}.",
    ),
    Change.NEW: (
        "New {np}.",
        "There is {new}.",
        "{a} is new since the prior study.",
        "Interval placement of {a}.",
        "{a} has been placed since the prior study.",
    ),
    Change.RESOLVED: (
        "Removed {np}.",
        "{the} has been removed.",
        "Interval removal of {the}.",
        "{the} has been removed since the prior study.",
        "{the} is no longer seen.",
    ),
}
DEVICE_DEEPER = ("{the} has been advanced.", "{the} has been advanced since the prior study.")
DEVICE_SHALLOWER = ("{the} has been withdrawn.", "{the} has been pulled back since the prior study.")
