"""Points afterwards: for purchases that came in as history, before there was a programme or before one joined it."""

from .run import RewardChoice, choice_of, reward_history, start_rewarding

__all__ = ["RewardChoice", "choice_of", "reward_history", "start_rewarding"]
