"""By which words a report names each of the 14 observations of CheXpert.

Where two rows fit at one place the first wins. Knows strings only.
"""

from priorrg.language.label_grammar import Part, Row, Sign

_LUNG = r"(?:lung|pulmonary|parenchymal|air[- ]?space|alveolar|interstitial|lobar|basilar|basal)"
_HEART_SIZE = r"(?:heart|cardiac|cardio[- ]?pericardial|pericardial|cardiopericardial)"
_OUTLINE = r"(?:silhouettes?|contours?|shadows?|outlines?|borders?)"

_WIRE = r"(?:wires?|leads?|catheters?|lines?|screws?)"


def _named(observation: str, *patterns: str, sure: bool = True) -> tuple[Row, ...]:
    return tuple((Part.NAME, pattern, (Sign(observation, sure),)) for pattern in patterns)


_MISLEADING: tuple[Row, ...] = tuple(
    (Part.SKIP, pattern, ())
    for pattern in (
        r"pericardial (?:fluid|effusions?)|(?:joint|knee|elbow|ankle) effusions?",
        r"(?:hardware|device|lead|line|catheter|tube) (?:complications?|failure|loosening)",
        r"mass effect|body mass|muscle mass|mass index",
        r"(?:soft tissue|subcutaneous|peripheral|leg|ankle|cerebral|brain|lower extremity) edema",
        r"(?:vertebral|vertebra|compression|wedge) (?:body )?collapse",
        r"heart failure (?:clinic|symptoms)|fluid status",
        r"(?:pleural|mid(?:clavicular|axillary)?|mediastinal|fissure|kerley(?: b)?|septal|skin|joint|"
        r"paratracheal"
        r"|paraspinal|paravertebral|midline|fat|in) lines?",
        r"in line with|line of|air[- ]fluid|fluid[- ]fluid|skin fold",
        r"chest walls?|costophrenic (?:angles?|sulc\w+|recess\w*) (?:is|are) (?:not included|"
        r"excluded|cut off)",
        r"(?:eustachian|bronchial|test|fallopian) tubes?",
        r"(?:aortic|mitral|tricuspid|pulmonic|pulmonary) valve (?:disease|stenosis|regurgitation|"
        r"insufficiency)",
        r"(?:bone|bony|osseous|sclerotic|lytic|blastic|skeletal|rib|osteoblastic) (?:lesions?|"
        r"metasta\w+|mass\w*)"
        r"|(?:breast|thyroid|paraspinal|soft tissue|mediastinal|hilar|adrenal|hepatic|renal|abdominal) "
        r"(?:masse?s?|nodules?|lesions?)",
        r"(?:granulomatous|fungal|prior|old|remote|previous|histoplasm\w+|tubercul\w+|"
        r"mycobacterial)(?: \w+)? infection"
        r"|infections? (?:with|by) histoplasm\w+|urinary tract infection|wound infection",
        r"(?:prior|previous|old|remote|past|resolved) (?:\w+ ){0,3}?pneumonias?",
        r"nipple shadows?|nodal mass\w*|lymph nodes?",
    )
)

_DEVICES = _named(
    "Support Devices",
    r"(?:fractured|broken) (?:\w+ ){0,2}?"
    + _WIRE
    + "|(?:\\w+ )?"
    + _WIRE
    + r" (?:is|are|appears?) fractured",
    r"pace[- ]?makers?|pacers?|pacing (?:wires?|leads?|devices?)|pacemaker leads?|generator pack|"
    r"(?:implantable |automatic )?(?:cardioverter[- ]?)?defibrillators?|a?icds?|"
    r"(?:ventricular|atrial|pacing|pacer) leads?|leads?",
    r"(?:chest|et|endotracheal|tracheostomy|trach|ng|nasogastric|og|orogastric|enteric|enteral|feeding|"
    r"dobbhoff|dobhoff|gastric|gastrostomy|nasoenteric|pleural|thoracostomy|drainage|jejunostomy|"
    r"support|intercostal|mediastinal|tracheal) (?:feeding )?tubes?|tubes?|ett|ngt|dobbhoff|dobhoff|"
    r"tracheostomy|tracheotomy cannula",
    r"(?:pic|picc|central|central venous|venous|jugular|subclavian|ij|access|dialysis|arterial|femoral|"
    r"swan[- ]ganz|support|monitoring|infusion) (?:access )?lines?|piccs?|lines?(?= (?:tip|terminat|"
    r"in place))|"
    r"lines and tubes|tubes and lines|lines|"
    r"catheters?|cvcs?|port[- ]?a[- ]?caths?|porta?caths?|mediports?|(?:chest |infusion )ports?|"
    r"swan[- ]ganz|vascath|permacath|hickman",
    r"(?:prosthetic|mechanical|artificial|bioprosthetic|replacement|replaced|metallic) "
    r"(?:\w+ )?(?:heart )?valves?|(?:aortic|mitral|tricuspid|heart|cardiac)? ?valve replacement|"
    r"valve prosthesis|valvular prosthes[ei]s|valve rings?|annuloplasty rings?",
    r"(?:sternal|sternotomy|cerclage|median sternotomy|pacing) (?:\w+ )?wires?|sternal sutures|"
    r"(?:surgical|vascular|cholecystectomy|bypass|metallic|hemostatic|skin) (?:clips?|staples?)|"
    r"surgical (?:sutures|material)|(?:embolization |endovascular )?coils?|stents?|stent[- ]grafts?|"
    r"endografts?|vascular plugs?",
    r"(?:orthopedic |spinal |fixation |fusion |surgical |rod )?hardware|(?:spinal|fixation|"
    r"harrington|vertebral) "
    r"rods?|(?:pedicle )?screws?|fixation plates?|(?:shoulder |hip |humeral )?(?:arthroplast\w+|"
    r"prosthes[ei]s)|"
    r"(?:intra-?aortic )?balloon pumps?|iabp|lvads?|ventricular assist devices?|ecmo|impella|"
    r"(?:\w+ )?stimulators?(?: leads?)?|loop recorders?|neurostimulators?|drains?|pigtails?|cannulas?|"
    r"(?:support|monitoring|medical|implanted|cardiac|electronic|assist) (?:devices?|apparatus|"
    r"equipment|"
    r"hardware)|shunts?(?= (?:tubing|catheter))|vp shunts?|breast implants?|(?:lap|"
    r"gastric)[- ]?bands?|ivc filters?",
)

_HEART: tuple[Row, ...] = (
    *_named(
        "Cardiomegaly",
        r"cardiomegaly|cardiac enlargement|"
        r"(?:enlargement|prominence) of (?:the |a )?(?:cardiac (?:silhouette|shadow|size|contours?)|"
        r"heart)"
        r"|megalocardia|heart enlargement|enlargement of (?:the )?(?:cardiopericardial|"
        r"pericardial) silhouette",
    ),
    *_named(
        "Cardiomegaly", r"(?:bi)?(?:ventric(?:le|ular)|atri(?:al|um)|chamber) enlargement", sure=False
    ),
    (
        Part.NAME,
        r"(?:enlargement|prominence|widening) of (?:the )?cardio[- ]?mediastin(?:al|um)(?: "
        + _OUTLINE
        + r")?",
        (Sign("Enlarged Cardiomediastinum"), Sign("Cardiomegaly", sure=False)),
    ),
    *_named(
        "Enlarged Cardiomediastinum",
        r"mediastinal (?:widening|enlargement|prominence)|"
        r"(?:widening|enlargement|prominence) of (?:the )?(?:\w+ )?mediastin(?:um|al)(?: "
        + _OUTLINE
        + r")?",
    ),
    (
        Part.SUBJECT,
        r"cardio[- ]?mediastin(?:um|al)(?: (?:" + _OUTLINE + r"|size|structures?))*",
        (Sign("Enlarged Cardiomediastinum"), Sign("Cardiomegaly", sure=False)),
    ),
    (
        Part.SUBJECT,
        _HEART_SIZE + r" (?:size )?and mediastinal (?:" + _OUTLINE + r"|structures?)|"
        r"(?:heart|cardiac)(?:,| and|/) ?mediastinal(?:,? (?:and )?hilar)? (?:"
        + _OUTLINE
        + r"|structures?)|"
        r"(?:heart|cardiac) and mediastinum|mediastinal and cardiac " + _OUTLINE,
        (Sign("Cardiomegaly"), Sign("Enlarged Cardiomediastinum")),
    ),
    (
        Part.SUBJECT,
        r"(?:the )?" + _HEART_SIZE + r" (?:silhouette |shadow )?(?:size|" + _OUTLINE + r"|diameter)|"
        r"(?:size of (?:the )?)?heart(?! (?:failure|rate|disease|transplant|valve|border))|"
        r"cardiothoracic ratio",
        (Sign("Cardiomegaly"),),
    ),
    (
        Part.SUBJECT,
        r"(?:superior |upper )?mediastin(?:um|al (?:"
        + _OUTLINE
        + r"|structures?|width|size|configuration))",
        (Sign("Enlarged Cardiomediastinum"),),
    ),
)

_LUNGS: tuple[Row, ...] = (
    (
        Part.NAME,
        r"(?:congestive )?(?:heart|cardiac|left ventricular|biventricular|cardiac) failure|"
        r"congestive (?:cardiac |heart )?failure|chf|cardiac decompensation|failure",
        (Sign("Edema"), Sign("Cardiomegaly", sure=False, deniable=False)),
    ),
    (
        Part.NAME,
        r"hydro[- ]?pneumothora(?:x|ces)|hemopneumothora(?:x|ces)",
        (Sign("Pneumothorax"), Sign("Pleural Effusion")),
    ),
    *_named("Edema", r"o?edema(?:tous)?"),
    *_named("Pneumothorax", r"pneumothora(?:x|ces|xes)|pneumothoracies|ptx"),
    *_named(
        "Pneumonia",
        r"(?:broncho-?)?pneumonias?|pneumonic(?: \w+)?|infections?|infectious(?: (?:process\w*|"
        r"etiolog\w+|"
        r"infiltrates?|disease))?",
    ),
    *_named("Pneumonia", r"pneumonitis", sure=False),
    *_named("Consolidation", r"consolid\w+"),
    *_named(
        "Atelectasis",
        r"(?:micro-?)?atelecta\w+|collaps(?:e|ed)(?! (?:of (?:the )?)?(?:\w+ )?vertebra)",
    ),
    (
        Part.NAME,
        r"pleural (?:(?:and|or|and/or|/) ?)?(?:thickening|scarr?\w*|plaques?|fibrosis|"
        r"calcifications?|based "
        r"(?:scar\w*|thickening)|reaction|disease)|(?:calcified|thickened) pleura(?:l plaques?)?|"
        r"fibrothora(?:x|ces)|(?:pleuro-?parenchymal|pleural[- ]parenchymal) (?:\w+ )?(?:scar\w*|"
        r"thickening|"
        r"disease|opacit\w+)|apical (?:pleural )?(?:cap(?:ping|s)?|thickening)|"
        r"thickening of (?:the )?(?:\w+ )?(?:pleura|fissures?)|fissural thickening",
        (Sign("Pleural Other"),),
    ),
    *_named(
        "Pleural Effusion",
        r"(?:pleural )?effusions?|pleural fluid(?: collections?)?|(?:fissural|subpulmonic|"
        r"intrafissural|"
        r"layering|loculated) (?:pleural )?fluid|fluid (?:in|within|along|"
        r"tracking \w+) (?:the )?(?:\w+ ){0,3}"
        r"(?:fissures?|pleural spaces?)|h(?:a)?emothora(?:x|ces)|empyema|pleural collections?",
    ),
    *_named(
        "Lung Lesion",
        r"(?:pulmonary |lung |parenchymal )?(?:nodules?|masses|mass|lump)(?! of)|mass of|nodul(?:ar|"
        r"es of)"
        r"(?: \w+)? (?:opacit\w+|densit\w+|opacification|lesions?|foc\w+|infiltrates?|airspace \w+)|"
        r"(?:mass[- ]like|masslike|rounded|cavitary|cavitating) (?:\w+ )?(?:opacit\w+|densit\w+|"
        r"lesions?|"
        r"consolidation|area)|"
        + _LUNG
        + r" lesions?|(?:lung|pulmonary|bronchogenic)? ?(?:cancer|carcinoma|neoplasms?|malignanc\w+|"
        r"tumou?rs?"
        r"|metasta\w+)|neoplastic process\w*|nodularity|cavitation|spiculated lesions?",
    ),
    *_named(
        "Lung Opacity",
        r"opaci\w+|(?:air[- ]?space|alveolar) (?:\w+ )?(?:diseases?|process\w*|densit\w+|filling)|"
        r"infiltrat\w+|(?:interstitial|reticular|reticulonodular|bronchovascular|lung|pulmonary) "
        r"(?:lung )?(?:markings?|prominence|thickening|patterns?|changes|disease)(?= (?:is|are) "
        r"(?:\w+ )?(?:increased|prominent|accentuated|coarse\w*))|(?:prominent|increased|accentuated|"
        r"coarse\w*|"
        r"prominence of (?:the )?|increase in|thickened|chronic) (?:\w+ )?(?:interstitial|"
        r"bronchovascular|"
        r"reticular) (?:\w+ )?(?:markings?|patterns?|changes?|disease)|"
        r"interstitial (?:lung )?(?:disease|"
        r"prominence|thickening|infiltrates?|process|fibrosis)|reticula\w+|ground[- ]?glass|"
        r"(?:parenchymal|pulmonary|lung|focal|basilar|patchy|streaky|linear|hazy|ill[- ]defined|"
        r"increased|"
        r"basal|bibasilar|lobe) densit(?:y|ies)|(?:peribronchial|bronchial wall) (?:cuffing|"
        r"thickening)|"
        r"(?:parenchymal|pulmonary|lung) scar\w*",
    ),
    *_named("Fracture", r"(?:micro)?fractur(?:es?|ed)|fx"),
    (
        Part.SPACE,
        r"lungs?(?: (?:fields?|parenchyma|bases|apices))?(?: bilaterally)?",
        (Sign("Lung Opacity"),),
    ),
    (Part.SPACE, r"pleural spaces?", (Sign("Pleural Effusion"),)),
    (
        Part.NAME,
        r"scar(?:s|ring)?|(?:fluid|volume) overload|fibrosis|crowding|aspiration|contusion|"
        r"h(?:a)?emorrhage|congestion|emphysema|"
        r"granulomas?|bronchitis|overlap\w*|artifacts?|thickening|disease|abnormalit(?:y|ies)|"
        r"process(?:es)?|"
        r"findings?|fat|shadows?|hernia|degenerative changes?|lymphadenopathy|adenopathy|"
        r"prominence|elevation|hyperinflation|ectasia|calcifications?",
        (),
    ),
)

ROWS: tuple[Row, ...] = (*_MISLEADING, *_DEVICES, *_HEART, *_LUNGS)
