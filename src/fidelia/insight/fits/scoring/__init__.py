"""Scores: how likely each customer is to do something (leave, buy, answer), as probabilities that can be believed.

`fit_score` learns from what is known of customers and what they did; its quality is always judged on customers that the
model had not seen. The same serves churn under contract and the response to a mailing. Needs scikit-learn.
"""

from __future__ import annotations

from .features import Features
from .judging import (
    CalibrationRow,
    Judgement,
    LiftRow,
    area_under_curve,
    average_precision,
    brier_score,
    calibration_table,
    judge,
    lift_table,
)
from .score import Contribution, Score, fit_score

__all__ = [
    "CalibrationRow",
    "Contribution",
    "Features",
    "Judgement",
    "LiftRow",
    "Score",
    "area_under_curve",
    "average_precision",
    "brier_score",
    "calibration_table",
    "fit_score",
    "judge",
    "lift_table",
]
