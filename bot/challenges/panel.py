"""The private answer that shows a member an open challenge."""

from bot.challenges import notices, status_card
from bot.challenges.announcement_store import AnnouncementStore
from bot.challenges.model import Contest
from bot.challenges.pictures import NumberedPictures
from bot.challenges.rules import leads
from bot.discord_io import answers
from bot.discord_io.components import Interaction
from bot.discord_io.sending import files_of


class StatusPanel:
    """Shows challenges, with a page of the ballot while there is a vote."""

    def __init__(self, announcements: AnnouncementStore, pictures: NumberedPictures) -> None:
        self._announcements = announcements
        self._pictures = pictures

    async def show(
        self, interaction: Interaction, contest: Contest, page: int = 0, text: str = ""
    ) -> None:
        """Answer an interaction that was deferred; `text` comes first."""
        challenge, member = contest.challenge, answers.member_of(interaction)
        announcements = await self._announcements.of(challenge)
        notice = notices.announcement_links(
            challenge, announcements, leads=leads(challenge, member)
        )
        shown = status_card.status(contest, member, page)
        await interaction.edit_original_response(
            content="\n".join(line for line in (text, shown.text, notice) if line),
            attachments=files_of(await self._pictures.uploads(shown)),
            view=shown.view,
        )
