"""Units, workers, employments and care teams: who works where and looks after whom."""
