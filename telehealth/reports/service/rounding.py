"""Numbers as a report says them."""

from devices.glucose import MG_DL_PER_MMOL_L, Unit


def shown(mg_dl: float, unit: Unit) -> float:
    """A statistic in mg/dL on a unit, with the decimals people read: 0.1 mmol/L, 1 mg/dL."""
    if unit is Unit.MG_DL:
        return float(round(mg_dl))
    return round(mg_dl / float(MG_DL_PER_MMOL_L), 1)


def maybe_shown(mg_dl: float | None, unit: Unit) -> float | None:
    """The same where there may be none."""
    return None if mg_dl is None else shown(mg_dl, unit)
