"""All actions in one executor."""

from rasa_sdk.executor import ActionExecutor

from bot.actions import (
    agenda,
    articles,
    enroll,
    enroll_form,
    enrollments,
    events,
    places,
    privacy,
    reports,
    small_talk,
    workshops,
)

MODULES = (
    agenda, articles, enroll, enroll_form, enrollments, events, places, privacy, reports,
    small_talk, workshops,
)  # fmt: skip


def make_executor() -> ActionExecutor:
    """rasa-sdk's executor with every action of this package."""
    executor = ActionExecutor()
    for module in MODULES:
        for action in module.ACTIONS:
            executor.register_action(action())
    return executor
