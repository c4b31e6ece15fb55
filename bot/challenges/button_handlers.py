"""Handlers of the buttons and menus of challenges."""

import discord

from bot.challenges import card
from bot.challenges.panel import StatusPanel
from bot.challenges.service import ChallengeService
from bot.discord_io import answers
from bot.discord_io.components import Interaction, Press
from bot.discord_io.form import Form
from bot.discord_io.timestamps import when
from bot.errors import ChallengeRefused, OutdatedMessage
from bot.languages.speech import _, pgettext
from bot.names import cleaned_name

FORM_SECONDS = 900.0  # until an open form expires
LONGEST_REASON = 300  # characters


class ChallengeButtonHandlers:
    """Handles presses. The caller reports its errors to the member."""

    def __init__(self, challenges: ChallengeService, panel: StatusPanel) -> None:
        self._challenges = challenges
        self._panel = panel

    async def __call__(self, interaction: Interaction, press: Press) -> None:
        """Vote, withdraw, remove or turn a page, as the custom id says."""
        challenge_id, action, *rest = press.path
        if action == "vote":
            await self._vote(interaction, int(challenge_id), int(rest[0]))
        elif action == "choose":
            await self._choose(interaction, int(challenge_id), int(rest[0]), int(rest[1]))
        elif action == "page":
            await self._turn(interaction, int(challenge_id), int(rest[0]))
        elif action == "withdraw":
            await self._withdraw(interaction, int(press.values[0]))
        elif action == "remove":
            form = ReasonForm(self._challenges, self._panel, press.values[0])
            await interaction.response.send_modal(form)
        else:
            raise OutdatedMessage

    async def _vote(self, interaction: Interaction, challenge_id: int, number: int) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        contest = await self._challenges.vote(answers.member_of(interaction), challenge_id, number)
        until = when(contest.challenge.terms.voting_until)
        text = _(
            "Your vote is for entry {number}. You can move it until {until}.",
            number=number,
            until=until,
        )
        await interaction.edit_original_response(content=text)

    async def _choose(
        self, interaction: Interaction, challenge_id: int, number: int, page: int
    ) -> None:
        """Vote on the status, which then shows the vote."""
        await interaction.response.defer()
        contest = await self._challenges.vote(answers.member_of(interaction), challenge_id, number)
        await self._panel.show(interaction, contest, page)

    async def _turn(self, interaction: Interaction, challenge_id: int, page: int) -> None:
        await interaction.response.defer()
        contest = await self._challenges.get(challenge_id)
        if contest is None or not card.is_open(contest):
            raise ChallengeRefused(_("This challenge is over."))
        await self._panel.show(interaction, contest, page)

    async def _withdraw(self, interaction: Interaction, entry_id: int) -> None:
        await interaction.response.defer()
        contest = await self._challenges.withdraw(answers.member_of(interaction), entry_id)
        text = _("Your entry is withdrawn.")
        await self._panel.show(interaction, contest, text=text)


class ReasonForm(Form):
    """Asks a moderator for the reason, which the author is told."""

    def __init__(self, challenges: ChallengeService, panel: StatusPanel, chosen: str) -> None:
        """Take what the menu says: "number 3" on the ballot, or the id of an entry before that."""
        super().__init__(title=pgettext("title", "Remove an entry"), timeout=FORM_SECONDS)
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
