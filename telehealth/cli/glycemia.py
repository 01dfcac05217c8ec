"""`glycemia`: metrics of sensor readings in a file, without a database or a network."""

from collections.abc import Mapping
from pathlib import Path

import click
import numpy as np

from devices.glucose import MG_DL_PER_MMOL_L, Unit
from telehealth.cli.root import Operator, answering, root
from telehealth.glycemia.display import Numbers
from telehealth.glycemia.episodes import Kind, Summary
from telehealth.glycemia.excursions import ALGORITHM
from telehealth.glycemia.grid import Profile
from telehealth.glycemia.local import BadZone, zone
from telehealth.glycemia.panel import NEEDED_DAYS, Panel, Reason, Result, panel
from telehealth.glycemia.presets import PRESETS, Preset
from telehealth.glycemia.table import BadTable, Subject, read

SHOWN = (
    "wear_pct",
    "mean",
    "sd",
    "cv_pct",
    "gmi_pct",
    "tir_pct",
    "tir_tight_pct",
    "below_70_pct",
    "below_54_pct",
    "above_180_pct",
    "above_250_pct",
    "below_target_pct",
    "above_target_pct",
    "gri",
    "lbgi",
    "hbgi",
    "adrr",
    "modd",
    "conga24",
    "mag",
    "mage",
    "j_index",
)
IN_UNIT = {"mean", "sd"}
"""In the unit of the file; every other glucose value is in mg/dL."""

COUNTED = (Kind.HYPO_L1, Kind.HYPO_L2, Kind.HYPO_EXTENDED, Kind.HYPER_L1, Kind.HYPER_L2)
_WORDS = {
    Reason.NO_READINGS: "no readings",
    Reason.NO_INTERVAL: "no continuous trace: readings are too few or more than 45 minutes apart",
    Reason.TOO_FEW_VALUES: "too few values for this metric",
    Reason.NOT_FOR_FINGERSTICKS: "not valid for fingersticks",
}


@root.group()
def glycemia() -> None:
    """Metrics of glucose readings."""


@glycemia.command("report")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--unit",
    required=True,
    type=click.Choice([unit.value for unit in Unit]),
    help="Unit of the values in the file; never guessed.",
)
@click.option("--zone", "zone_name", required=True, help="Of the times, e.g. Europe/Ljubljana.")
@click.option(
    "--preset",
    "preset_name",
    default="adult",
    show_default=True,
    type=click.Choice(list(PRESETS)),
    help="Whose target range and goals.",
)
@click.option("--force", "is_forced", is_flag=True, help="Values also where data do not suffice.")
@answering
def report(
    operator: Operator, *, file: Path, unit: str, zone_name: str, preset_name: str, is_forced: bool
) -> None:
    """Compute the metrics of sensor readings in FILE, a CSV of subject, time and value.

    Times are local, without an offset. A value that the data do not suffice for is null, with the
    reason under "why". How each one is computed: docs/reference/metrics.md.
    """
    given, preset = Unit(unit), PRESETS[preset_name]
    subjects = _read(operator, file, given, zone_name)
    answer = {
        name: _answer(subject, panel(subject.readings, preset, is_forced=is_forced))
        for name, subject in subjects.items()
    }
    text = "\n\n".join(f"{name}\n{_lines(values, given)}" for name, values in answer.items())
    operator.say(
        text,
        unit=given.value,
        zone=zone_name,
        targets=_targets(preset, given),
        mage_algorithm=ALGORITHM,
        subjects=answer,
    )


def _read(operator: Operator, file: Path, unit: Unit, zone_name: str) -> Mapping[str, Subject]:
    try:
        where = zone(zone_name)
        with file.open(encoding="utf-8-sig", newline="") as lines:
            subjects = read(lines, unit, where)
    except BadZone as error:
        operator.fail(str(error), "zone")
        raise  # never reached: `fail` ends the process
    except BadTable as error:
        operator.fail(f"{file.name}: {error}", "table", line=error.line)
        raise
    except (OSError, UnicodeDecodeError):
        operator.fail(f"{file.name} is no text file in UTF-8.", "table")
        raise
    if not subjects:
        operator.fail(f"{file.name} has no readings.", "table")
    return subjects


def _targets(preset: Preset, unit: Unit) -> dict[str, object]:
    low, high = preset.ranges.target(unit)
    return {
        "preset": preset.name,
        "in_range": [low / 10, high / 10] if unit is Unit.MMOL_L else [low, high],
        "goals": {
            name: f"{'>' if goal.is_minimum else '<'} {goal.limit_pct:g} %"
            for name, goal in preset.goals.items()
        },
    }


def _answer(subject: Subject, found: Panel) -> dict[str, object]:
    unit = subject.readings.unit
    values = {name: _value(name, found.results[name], unit) for name in SHOWN}
    why = {
        name: _why(result, found)
        for name, result in found.results.items()
        if result.reason and name in {*SHOWN, "profile"}
    }
    if found.episodes is None:
        why["episodes"] = _WORDS[Reason.NO_INTERVAL]
    return {
        "n": found.n,
        "days": found.n_days,
        "out_of_range": found.n_beyond,
        **values,
        "gri_zone": found.gri_zone,
        "episodes": _counts(found.episodes),
        "episode_details": _details(found.episodes),
        "profile": _curves(found.profile),
        "interval_min": found.interval_min,
        "repeated": subject.n_repeated,
        "conflicts": subject.readings.n_conflicts,
        "time_uncertain": subject.n_uncertain,
        "why": why,
    }


def _value(name: str, result: Result, unit: Unit) -> float | None:
    if result.value is None or name not in IN_UNIT or unit is Unit.MG_DL:
        return result.value
    return result.value / float(MG_DL_PER_MMOL_L)


def _why(result: Result, found: Panel) -> str:
    if result.reason is Reason.NOT_ENOUGH_DATA:
        wear = found.results["wear_pct"].value
        worn = "wear unknown" if wear is None else f"{wear:.0f} % wear"
        return f"not enough data: {found.n_days} of {NEEDED_DAYS} days, {worn}"
    return _WORDS[result.reason] if result.reason else ""


def _counts(found: Mapping[Kind, Summary] | None) -> dict[str, int | None]:
    return {kind.value: found[kind].count if found else None for kind in COUNTED}


def _details(found: Mapping[Kind, Summary] | None) -> dict[str, dict[str, float | None]] | None:
    if found is None:
        return None
    return {
        kind.value: {
            "count": summary.count,
            "open": summary.n_open,
            "nocturnal": summary.n_nocturnal,
            "per_recorded_day": summary.per_recorded_day,
            "mean_minutes": summary.mean_minutes,
            "mean_glucose": summary.mean_mg_dl,
        }
        for kind, summary in found.items()
    }


def _curves(found: Profile | None) -> dict[str, list[float | None]] | None:
    if found is None:
        return None
    curves = {f"p{percent}": _numbers(curve) for percent, curve in found.curves.items()}
    return {"minutes": [int(minute) for minute in found.minutes], **curves}


def _numbers(curve: Numbers) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in curve]


def _lines(values: Mapping[str, object], unit: Unit) -> str:
    """One line per metric for people, with the reason where there is no value."""
    why = values["why"]
    reasons = why if isinstance(why, dict) else {}
    lines = []
    for name in ("n", "days", *SHOWN):
        value = values[name]
        shown = f"{value:.2f}" if isinstance(value, float) else str(value)
        shown = reasons.get(name, "-") if value is None else shown
        lines.append(f"  {name:<18}{shown}{f' {unit}' if name in IN_UNIT else ''}")
    episodes = values["episodes"]
    counts = episodes.items() if isinstance(episodes, dict) else ()
    lines += [f"  {kind:<18}{'-' if count is None else count}" for kind, count in counts]
    return "\n".join(lines)
