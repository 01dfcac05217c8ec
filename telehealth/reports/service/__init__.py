"""What can be done with reports: `report`, `compare`, `trace`, remarks, `share`."""

from telehealth.reports.service.columns import Columns
from telehealth.reports.service.remarks import (
    NewRemark,
    PastVersion,
    ShownRemark,
    add_remark,
    change_remark,
    remark_history,
    remarks_of,
    remove_remark,
    restore_remark,
)
from telehealth.reports.service.reporting import (
    Comparison,
    Report,
    Trace,
    compare,
    report,
    sheet_of,
    trace,
)
from telehealth.reports.service.rounding import maybe_shown, shown
from telehealth.reports.service.sharing import (
    Shared,
    SharedLine,
    open_shared,
    share,
    shared_with,
    withdraw,
)
from telehealth.reports.service.sheets import Sheet
from telehealth.reports.service.windows import (
    DEFAULT_LENGTH,
    LENGTHS,
    MAX_DAYS,
    Days,
    days_ending,
    days_of,
)

__all__ = [
    "DEFAULT_LENGTH",
    "LENGTHS",
    "MAX_DAYS",
    "Columns",
    "Comparison",
    "Days",
    "NewRemark",
    "PastVersion",
    "Report",
    "Shared",
    "SharedLine",
    "Sheet",
    "ShownRemark",
    "Trace",
    "add_remark",
    "change_remark",
    "compare",
    "days_ending",
    "days_of",
    "maybe_shown",
    "open_shared",
    "remark_history",
    "remarks_of",
    "remove_remark",
    "report",
    "restore_remark",
    "share",
    "shared_with",
    "sheet_of",
    "shown",
    "trace",
    "withdraw",
]
