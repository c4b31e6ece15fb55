"""Handlers of the buttons and menus of challenges."""

import discord

from bot.challenges.panel import StatusPanel
from bot.challenges.service import ChallengeService
from bot.discord_io import answers
from bot.discord_io.components import Interaction, Press, look_up
from bot.discord_io.form import Form
from bot.discord_io.timestamps import when
from bot.errors import ChallengeRefused
from bot.languages.speech import _, pgettext
from bot.names import cleaned_name

LONGEST_REASON = 300  # characters


class ChallengeButtonHandlers:
    """Handles presses. The caller reports its errors to the member.

    The path of a custom id is the challenge's id, the action, then numbers, as in `buttons`.
    """

    def __init__(self, challenges: ChallengeService, panel: StatusPanel) -> None:
        self._challenges = challenges
        self._panel = panel

    async def __call__(self, interaction: Interaction, press: Press) -> None:
        """Handle a press. Raises Refused, among others, with a sentence for the member."""
        await look_up(HANDLERS, press.path[1])(self, interaction, press)

    async def vote(self, interaction: Interaction, press: Press) -> None:
        """Vote on the ballot in the channel, and confirm it to the member alone."""
        challenge_id, number = int(press.path[0]), int(press.path[2])
        await interaction.response.defer(ephemeral=True, thinking=True)
        contest = await self._challenges.vote(answers.member_of(interaction), challenge_id, number)
        until = when(contest.challenge.terms.voting_until)
        text = _(
            "Your vote is for entry {number}. You can move it until {until}.",
            number=number,
            until=until,
        )
        await interaction.edit_original_response(content=text)

    async def choose(self, interaction: Interaction, press: Press) -> None:
        """Vote on the status, which then shows the vote."""
        challenge_id, number, page = int(press.path[0]), int(press.path[2]), int(press.path[3])
        await interaction.response.defer()
        contest = await self._challenges.vote(answers.member_of(interaction), challenge_id, number)
        await self._panel.show(interaction, contest, page)

    async def turn(self, interaction: Interaction, press: Press) -> None:
        """Show another page of the ballot on the status."""
        challenge_id, page = int(press.path[0]), int(press.path[2])
        await interaction.response.defer()
        contest = await self._challenges.get(challenge_id)
        if contest is None or not contest.challenge.is_open:
            raise ChallengeRefused(_("This challenge is over."))
        await self._panel.show(interaction, contest, page)

    async def withdraw(self, interaction: Interaction, press: Press) -> None:
        """Withdraw the member's entry that they chose from the menu."""
        entry_id = int(press.values[0])
        await interaction.response.defer()
        contest = await self._challenges.withdraw(answers.member_of(interaction), entry_id)
        text = _("Your entry is withdrawn.")
        await self._panel.show(interaction, contest, text=text)

    async def remove(self, interaction: Interaction, press: Press) -> None:
        """Open the form that asks a moderator for the reason."""
        form = ReasonForm(self._challenges, self._panel, press.values[0])
        await interaction.response.send_modal(form)


HANDLERS = {
    "vote": ChallengeButtonHandlers.vote,
    "choose": ChallengeButtonHandlers.choose,
    "page": ChallengeButtonHandlers.turn,
    "withdraw": ChallengeButtonHandlers.withdraw,
    "remove": ChallengeButtonHandlers.remove,
}


class ReasonForm(Form):
    """Asks a moderator for the reason, which the author is told."""

    def __init__(self, challenges: ChallengeService, panel: StatusPanel, chosen: str) -> None:
        """Take what the menu says: "number 3" on the ballot, or the id of an entry before that."""
        super().__init__(pgettext("title", "Remove an entry"))
        self._challenges = challenges
        self._panel = panel
        self._chosen = chosen
        self._reason: discord.ui.TextInput[discord.ui.View] = discord.ui.TextInput(
            custom_id="reason",
            style=discord.TextStyle.paragraph,
            min_length=3,
            max_length=LONGEST_REASON,
        )
        self.add_item(
            discord.ui.Label(
                text=pgettext("label", "Reason"),
                description=pgettext("hint", "The author reads it"),
                component=self._reason,
            )
        )

    async def on_submit(self, interaction: Interaction, /) -> None:
        """Remove the entry."""
        reason = cleaned_name(self._reason.value, _("The reason"), LONGEST_REASON)
        await interaction.response.defer()
        member = answers.member_of(interaction)
        word, _space, number = self._chosen.rpartition(" ")
        remove = self._challenges.remove_numbered if word else self._challenges.remove
        contest = await remove(member, int(number), reason)
        text = _("The entry is removed. Its author gets the reason.")
        await self._panel.show(interaction, contest, text=text)
