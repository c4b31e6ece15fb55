"""Times in messages, which Discord shows in each member's own time zone."""


def when(moment: float) -> str:
    """Write a time in Unix seconds: the date and time, and how far it is from now."""
    return f"<t:{round(moment)}:f> (<t:{round(moment)}:R>)"
