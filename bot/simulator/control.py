"""The page's API under /sim/: members' actions, and the messages they see.

    GET    /sim/state          bot, users, and guilds with channels, roles, members and commands
    GET    /sim/messages       ?user=&channel=: the messages this user sees, as Discord's objects
    POST   /sim/messages       form: user, channel, content, files, a sticker, or forward; 201
    DELETE /sim/messages/ID    ?user=; 204
    POST   /sim/locale         JSON: user, locale, such as "de": the language of their client; 204
    POST   /sim/reload         ?user=: their client starts anew and loses ephemerals; 204
    POST   /sim/commands       form: command, subcommand, user, channel; for menu commands
                               target_message or target_user; every other text or file field is the
                               option of that name; 202 {"interaction_id"}
    POST   /sim/autocomplete   the same and focused, an option's name; {"choices"}
    POST   /sim/components     JSON: message_id, custom_id, user, values; 202 {"interaction_id"}
    POST   /sim/modals         JSON: interaction_id or custom_id, user, and fields, an object of
                               texts (or lists of chosen values) by custom id; 202. With files, a
                               form: `fields` as JSON, each file named by its upload's custom id
    GET    /sim/events         ?user=&traffic=1: server-sent events, see `bot.simulator.events`
    GET    /sim/traffic        ?limit=: the REST calls and gateway frames so far

A user or channel is named by id or name; left empty, it is the first plain member and the first
channel that member sees. An impossible action is answered 400 with `{"error": a sentence}`.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import BodyPartReader, web

from bot.simulator.cdn import Upload
from bot.simulator.errors import ApiError, Invalid
from bot.simulator.events import Events
from bot.simulator.invocations import Invocation
from bot.simulator.model import Channel, Guild, Json, User
from bot.simulator.objects import (
    channel_object,
    emoji_object,
    member_object,
    role_object,
    sticker_object,
    user_object,
)
from bot.simulator.people import People
from bot.simulator.permissions import Permission
from bot.simulator.platform import Platform
from bot.simulator.record import call_object, frame_object

# Form fields that are not options; an option with such a name is sent as `option:name`.
_RESERVED = ("command", "subcommand", "user", "channel", "target_message", "target_user", "focused")

Form = tuple[dict[str, str], dict[str, Upload]]


class Control:
    """Handlers for the page. An impossible action is answered 400 with {"error": a sentence}."""

    def __init__(self, platform: Platform, people: People, connected: Callable[[], bool]) -> None:
        self._platform = platform
        self._people = people
        self._connected = connected
        self.events = Events(platform)

    def add_to(self, app: web.Application) -> None:
        """Register the routes under /sim/."""
        routes: list[tuple[str, str, Callable[[web.Request], Awaitable[web.StreamResponse]]]] = [
            ("GET", "/sim/state", self.state),
            ("GET", "/sim/traffic", self.traffic),
            ("GET", "/sim/events", self.events.serve),
            ("GET", "/sim/messages", self.messages),
            ("POST", "/sim/messages", self.post),
            ("POST", "/sim/locale", self.locale),
            ("POST", "/sim/reload", self.reload),
            ("DELETE", r"/sim/messages/{message_id:\d+}", self.delete),
            ("POST", "/sim/commands", self.command),
            ("POST", "/sim/autocomplete", self.autocomplete),
            ("POST", "/sim/components", self.component),
            ("POST", "/sim/modals", self.modal),
        ]
        for method, path, handler in routes:
            app.router.add_route(method, path, _sentences(handler))

    async def state(self, request: web.Request) -> web.Response:
        """What the page shows around the messages."""
        world = self._platform.world
        guilds = [
            {
                "id": str(guild.id),
                "name": guild.name,
                "owner_id": str(guild.owner_id),
                "roles": [role_object(role) for role in guild.roles.values()],
                "channels": [channel_object(channel) for channel in guild.channels.values()],
                "members": [member_object(member) for member in guild.members.values()],
                "emojis": [emoji_object(emoji) for emoji in guild.emojis.values()],
                "stickers": [sticker_object(one, guild) for one in guild.stickers.values()],
                "commands": self._commands(_first_place(guild)),
            }
            for guild in world.guilds.values()
        ]
        body = {
            "bot": {**user_object(world.bot), "connected": self._connected()},
            "users": [self._user(u) for u in world.users.values() if not u.bot],
            "guilds": guilds,
            "dms": [channel_object(channel) for channel in world.dms.values()],
            "dm_commands": self._commands(next(iter(world.dms.values()), None)),
            "upload_limit": self._platform.limits.advertised_upload,
        }
        return web.json_response(body)

    async def traffic(self, request: web.Request) -> web.Response:
        """The REST calls and gateway frames so far, oldest first; `limit` of each."""
        limit = int(request.query.get("limit", 200))
        record = self._platform.record
        entries = [call_object(call) for call in list(record.calls)[-limit:]]
        entries += [frame_object(frame) for frame in list(record.frames)[-limit:]]
        return web.json_response(sorted(entries, key=lambda entry: entry["at"]))

    async def messages(self, request: web.Request) -> web.Response:
        """The messages that `user` can see."""
        user, channel = request.query.get("user", ""), request.query.get("channel", "")
        return web.json_response(self._people.messages(user, channel))

    async def post(self, request: web.Request) -> web.Response:
        """A member writes `content`, files and a `sticker`; or `forward`s a message, by its id."""
        texts, files = await _form(request)
        if texts.get("forward", "").isdecimal():
            forwarded = self._people.forward(
                int(texts["forward"]), texts.get("user", ""), texts.get("channel", "")
            )
            return web.json_response(self._platform.payloads.message(forwarded), status=201)
        user, channel = texts.get("user", ""), texts.get("channel", "")
        which = texts.get("sticker", "")
        stickers = [self._people.sticker(which, channel, user)] if which else []
        message = self._people.post(
            user, texts.get("content", ""), list(files.values()), channel, stickers=stickers
        )
        return web.json_response(self._platform.payloads.message(message), status=201)

    async def delete(self, request: web.Request) -> web.Response:
        """A member deletes a message."""
        number = int(request.match_info["message_id"])
        self._people.delete(number, request.query.get("user", ""))
        return web.Response(status=204)

    async def locale(self, request: web.Request) -> web.Response:
        """A member chooses the language of their client."""
        body = await _json(request)
        self._people.set_locale(str(body.get("user", "")), str(body.get("locale", "")))
        return web.Response(status=204)

    async def reload(self, request: web.Request) -> web.Response:
        """A member's client is started anew."""
        self._people.reload(request.query.get("user", ""))
        return web.Response(status=204)

    async def command(self, request: web.Request) -> web.Response:
        """A member runs a command."""
        interaction = self._people.invoke(_invocation(*await _form(request)))
        return _accepted(interaction.id)

    async def autocomplete(self, request: web.Request) -> web.Response:
        """The choices that the bot offers for the option `focused` while it is typed."""
        texts, files = await _form(request)
        focused = texts.get("focused", "")
        choices = await self._people.autocomplete(_invocation(texts, files), focused)
        return web.json_response({"choices": choices})

    async def component(self, request: web.Request) -> web.Response:
        """A member presses a button or chooses from a select."""
        body = await _json(request)
        number = str(body.get("message_id", ""))
        interaction = self._people.press(
            int(number) if number.isdecimal() else 0,
            str(body.get("custom_id", "")),
            str(body.get("user", "")),
            [str(value) for value in body.get("values") or []],
        )
        return _accepted(interaction.id)

    async def modal(self, request: web.Request) -> web.Response:
        """A member sends a modal."""
        files: list[tuple[str, Upload]] = []
        if request.content_type == "multipart/form-data":
            texts, files = await _parts(request)
            body: Json = {**texts, "fields": _parsed(texts.get("fields") or "{}")}
        else:
            body = await _json(request)
        which = str(body.get("interaction_id") or body.get("custom_id") or "")
        user = str(body.get("user", ""))
        interaction = self._people.submit(which, user, body.get("fields") or {}, files)
        return _accepted(interaction.id)

    def _commands(self, channel: Channel | None) -> list[Json]:
        """The commands in a channel, as the first user that sees the channel has them."""
        commands, world = self._platform.commands, self._platform.world
        people = [user for user in world.users.values() if not user.bot]
        seers = [user for user in people if channel is not None and world.sees(user, channel)]
        if channel is None or not seers:
            return []
        return [commands.object(command) for command in commands.usable(seers[0], channel)]

    def _user(self, user: User) -> Json:
        """A user with what the page needs to act as them."""
        world = self._platform.world
        memberships = [g for g in world.guilds.values() if user.id in g.members]
        rights = [world.permissions(user, None, guild) for guild in memberships]
        return {
            **user_object(user),
            "dms_open": user.dms_open,
            "locale": user.locale,
            "guild_ids": [str(guild.id) for guild in memberships],
            "moderator": any(right & Permission.MANAGE_MESSAGES for right in rights),
            "channel_ids": [
                str(channel.id)
                for channel in world.channels_of(user)
                if not channel.type.direct and channel.type.takes_messages
            ],
        }


def _sentences(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Turn `Invalid` into a 400 with its sentence."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Invalid as error:
            return web.json_response({"error": str(error)}, status=400)
        except ApiError as error:
            return web.json_response({"error": error.message}, status=400)

    return handle


def _first_place(guild: Guild) -> Channel | None:
    return next((one for one in guild.channels.values() if one.type.takes_messages), None)


def _accepted(interaction_id: int) -> web.Response:
    return web.json_response({"interaction_id": str(interaction_id)}, status=202)


async def _json(request: web.Request) -> Json:
    return _parsed(await request.text())


def _parsed(text: str) -> Json:
    try:
        body: Any = json.loads(text)
    except json.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise Invalid("Send a JSON object.")
    return body


async def _form(request: web.Request) -> Form:
    """Text fields and files of a form, or the members of a JSON object as texts."""
    if request.content_type == "application/json":
        body = await _json(request)
        return {key: str(value) for key, value in body.items()}, {}
    if request.content_type != "multipart/form-data":
        return {key: str(value) for key, value in (await request.post()).items()}, {}
    texts, files = await _parts(request)
    return texts, dict(files)


async def _parts(request: web.Request) -> tuple[dict[str, str], list[tuple[str, Upload]]]:
    """The texts of a multipart form by name, and its files, of which several can share one."""
    texts: dict[str, str] = {}
    files: list[tuple[str, Upload]] = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            continue
        content = bytes(await part.read(decode=True))
        if part.filename is None:
            texts[part.name] = content.decode(errors="replace")
        elif part.filename:  # an empty file picker of a browser has an empty name
            file = Upload(part.filename, content, part.headers.get("Content-Type"))
            files.append((part.name, file))
    return texts, files


def _invocation(texts: dict[str, str], files: dict[str, Upload]) -> Invocation:
    options = {
        name.removeprefix("option:"): text for name, text in texts.items() if name not in _RESERVED
    }
    return Invocation(
        command=texts.get("command", ""),
        subcommand=texts.get("subcommand", ""),
        user=texts.get("user", ""),
        channel=texts.get("channel", ""),
        texts=options,
        files={name.removeprefix("option:"): file for name, file in files.items()},
        target=texts.get("target_message") or texts.get("target_user") or "",
    )
