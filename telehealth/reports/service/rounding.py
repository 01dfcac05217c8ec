"""Numbers as a report says them."""

from collections.abc import Mapping

from devices.glucose import MG_DL_PER_MMOL_L, Unit
from telehealth.glycemia.bands import Band


def whole_percents(shares: Mapping[Band, float]) -> dict[str, int]:
    """Shares as whole percents that add up to 100, by the largest remainder.

    A band with readings never becomes 0 by dumping the rest elsewhere more than rounding must.
    """
    floors = {band: int(share) for band, share in shares.items()}
    missing = round(sum(shares.values())) - sum(floors.values())
    by_remainder = sorted(shares, key=lambda band: floors[band] - shares[band])
    for band in by_remainder[:missing]:
        floors[band] += 1
    return {band.value: floors[band] for band in shares}


def shown(mg_dl: float, unit: Unit) -> float:
    """A statistic in mg/dL on a unit, with the decimals people read: 0.1 mmol/L, 1 mg/dL."""
    if unit is Unit.MG_DL:
        return float(round(mg_dl))
    return round(mg_dl / float(MG_DL_PER_MMOL_L), 1)


def maybe_shown(mg_dl: float | None, unit: Unit) -> float | None:
    """The same where there may be none."""
    return None if mg_dl is None else shown(mg_dl, unit)
