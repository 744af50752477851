"""What a running service does by itself, beside answering."""

from bot.jobs.broadcasts import BroadcastJobs
from bot.jobs.figures import keep_figures
from bot.jobs.model_watch import ModelWatch

__all__ = ["BroadcastJobs", "ModelWatch", "keep_figures"]
