"""Handlers of the buttons and menus of challenges."""

import discord

from bot.challenges import card
from bot.challenges.model import Contest
from bot.challenges.service import ChallengeService
from bot.discord_io import answers
from bot.discord_io.answers import Interaction
from bot.discord_io.components import Press
from bot.names import cleaned_name

FORM_SECONDS = 900.0  # until an open form expires
LONGEST_REASON = 300  # characters


class ChallengeButtonHandlers:
    """Handles presses. The caller reports its errors to the member."""

    def __init__(self, challenges: ChallengeService) -> None:
        self._challenges = challenges

    async def __call__(self, interaction: Interaction, press: Press) -> None:
        """Vote, withdraw or remove, as the custom id says."""
        challenge_id, action, *rest = press.path
        if action == "vote":
            await self._vote(interaction, int(challenge_id), int(rest[0]))
        elif action == "withdraw":
            await self._withdraw(interaction, int(press.values[0]))
        elif action == "remove":
            await interaction.response.send_modal(ReasonForm(self._challenges, press.values[0]))

    async def _vote(self, interaction: Interaction, challenge_id: int, number: int) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        contest = await self._challenges.vote(answers.member_of(interaction), challenge_id, number)
        until = card.when(contest.challenge.terms.voting_until)
        await interaction.edit_original_response(
            content=f"Your vote is for entry {number}. You can move it until {until}."
        )

    async def _withdraw(self, interaction: Interaction, entry_id: int) -> None:
        member = answers.member_of(interaction)
        contest = await self._challenges.withdraw(member, entry_id)
        await _show_status(interaction, contest, "Your entry is withdrawn.")


class ReasonForm(discord.ui.Modal, title="Remove an entry"):
    """Asks a moderator for the reason, which the author is told."""

    def __init__(self, challenges: ChallengeService, chosen: str) -> None:
        """Take what the menu says: "number 3" on the ballot, or the id of an entry before that."""
        super().__init__(timeout=FORM_SECONDS)
        self._challenges = challenges
        self._chosen = chosen
        self._reason: discord.ui.TextInput[discord.ui.View] = discord.ui.TextInput(
            custom_id="reason",
            style=discord.TextStyle.paragraph,
            min_length=3,
            max_length=LONGEST_REASON,
        )
        self.add_item(
            discord.ui.Label(
                text="Reason", description="The author reads it", component=self._reason
            )
        )

    async def on_submit(self, interaction: discord.Interaction[discord.Client], /) -> None:
        """Remove the entry."""
        reason = cleaned_name(self._reason.value, "The reason", LONGEST_REASON)
        member = answers.member_of(interaction)
        word, _, number = self._chosen.rpartition(" ")
        remove = self._challenges.remove_numbered if word else self._challenges.remove
        contest = await remove(member, int(number), reason)
        await _show_status(
            interaction, contest, "The entry is removed. Its author gets the reason."
        )

    async def on_error(  # type: ignore[override]  # a form's has no item, in discord.py itself
        self, interaction: discord.Interaction[discord.Client], error: Exception, /
    ) -> None:
        """Tell the member."""
        await answers.tell(interaction, error)


async def _show_status(interaction: Interaction, contest: Contest, text: str) -> None:
    """Show the new state on the message."""
    shown = card.status(contest, answers.member_of(interaction))
    await interaction.response.edit_message(content=f"{text}\n{shown.text}", view=shown.view)
