"""Errors of the API, with Discord's status and code."""

from typing import Any


class ApiError(Exception):
    """A request that Discord refuses: HTTP status, JSON error code and message."""

    def __init__(self, status: int, code: int, message: str, **extra: object) -> None:
        super().__init__(f"{status} ({code}): {message}")
        self.status = status
        self.code = code
        self.message = message
        self.extra = extra

    def body(self) -> dict[str, Any]:
        """The JSON object of the response."""
        return {"message": self.message, "code": self.code, **self.extra}


class Invalid(Exception):
    """A member's action is not possible; the page shows the text."""


def unauthorized() -> ApiError:
    """A missing or wrong bot token."""
    return ApiError(401, 0, "401: Unauthorized")


def route_not_found() -> ApiError:
    """An unknown path."""
    return ApiError(404, 0, "404: Not Found")


def unknown(code: int, thing: str) -> ApiError:
    """An unknown id: 10003 channel, 10004 guild, 10008 message, 10062 interaction..."""
    return ApiError(404, code, f"Unknown {thing}")


def missing_access() -> ApiError:
    """The bot cannot see the channel."""
    return ApiError(403, 50001, "Missing Access")


def no_history_to_reply_to() -> ApiError:
    """A reply without the permission to read the history of the channel."""
    message = "Cannot reply without permission to read message history"
    return ApiError(403, 160002, message)


def missing_permissions() -> ApiError:
    """The bot sees the channel but may not do this in it."""
    return ApiError(403, 50013, "Missing Permissions")


def closed_dms() -> ApiError:
    """The member takes no direct messages."""
    return ApiError(403, 50007, "Cannot send messages to this user")


def no_mutual_guild() -> ApiError:
    """The bot shares no guild with the user, and the user has not installed it."""
    message = "Cannot send messages to this user due to having no mutual guilds"
    return ApiError(403, 50278, message)


def not_a_text_channel() -> ApiError:
    """A message for a forum or a category."""
    return ApiError(400, 50008, "Cannot send messages in a non-text channel")


def archived_thread() -> ApiError:
    """A message for a locked thread, or an edit in one that is archived."""
    return ApiError(400, 50083, "Thread is archived")


def too_many_follow_ups() -> ApiError:
    """More follow-ups than a user's own installation allows in a guild."""
    return ApiError(400, 40094, "Follow-up messages limit reached for this interaction")


def invalid_webhook_token() -> ApiError:
    """The interaction's token has expired."""
    return ApiError(401, 50027, "Invalid Webhook Token")


def already_acknowledged() -> ApiError:
    """A second first answer."""
    return ApiError(400, 40060, "Interaction has already been acknowledged.")


def too_large() -> ApiError:
    """A file above the upload limit."""
    return ApiError(413, 40005, "Request entity too large")


def empty_message() -> ApiError:
    """A message without content."""
    return ApiError(400, 50006, "Cannot send an empty message")


def old_message_edits(retry_after: float) -> ApiError:
    """Too many edits of a message that is over an hour old; it comes as a 429."""
    message = "Maximum number of edits to messages older than 1 hour reached. Try again later"
    return ApiError(429, 30046, message, retry_after=round(retry_after, 3), **{"global": False})


def rate_limited(retry_after: float, *, is_global: bool = False) -> ApiError:
    """Too many requests."""
    message = "You are being rate limited."
    return ApiError(429, 0, message, retry_after=retry_after, **{"global": is_global})


def invalid_form(field: str, code: str, message: str) -> ApiError:
    """An invalid body: `field` is the path to the fault, with dots between levels."""
    fault: dict[str, Any] = {"_errors": [{"code": code, "message": message}]}
    for key in reversed(field.split(".")):
        fault = {key: fault}
    return ApiError(400, 50035, "Invalid Form Body", errors=fault)
