"""The state transitions of a job: pure functions from a job to the changed job.

`now` is in Unix seconds. A transition that does not apply raises `WrongState`.
"""

from dataclasses import replace

from bot.errors import ExecutorLost, JobNotFound, NotAllowed, WrongState
from bot.jobs.model import NOBODY, Job, JobResult, JobState
from bot.journal import Deed, JournalEntry, Person
from bot.languages.speech import _, speaking
from bot.people import OUTSIDE, Member

MOST_TIMES_LOST = 1  # a job that loses its executor more often fails
# A job that makes the kernel kill the whole bot must fail at some time, but one that was only
# interrupted by many restarts should be painted.
MOST_STARTS = 25


def started(job: Job, now: float) -> Job:
    """Queued to painting."""
    _expect(job, JobState.QUEUED)
    if job.cancelled_by is not None:
        raise WrongState(f"Painting {job.id} is to be stopped.")
    return replace(job, state=JobState.PAINTING, starts=job.starts + 1, started_at=now)


def painted(job: Job, result: JobResult, now: float) -> Job:
    """Painting to delivering; to cancelled where a member has cancelled it meanwhile.

    A film that its own member cancels is delivered with the frames that are done.
    """
    _expect(job, JobState.PAINTING)
    by_owner = job.cancelled_by == job.origin.member_id
    if job.cancelled_by is not None and not (by_owner and result.outcome.is_cut_short):
        return _cancelled(job, now)
    return replace(job, state=JobState.DELIVERING, result=result, painted_at=now)


def failed(job: Job, sentence: str, now: float) -> Job:
    """Painting to failed; the sentence is in the language of the job's member."""
    _expect(job, JobState.PAINTING)
    return _failed(job, sentence, now)


def stopped(job: Job, now: float) -> Job:
    """Painting to cancelled."""
    _expect(job, JobState.PAINTING)
    return _cancelled(job, now)


def lost(job: Job, now: float) -> Job:
    """Painting to queued; to failed at the second loss."""
    _expect(job, JobState.PAINTING)
    job = replace(job, times_lost=job.times_lost + 1)
    if job.times_lost > MOST_TIMES_LOST and job.cancelled_by is None:
        return _given_up(job, now)
    return interrupted(job, now)


def put_back(job: Job, now: float) -> Job:
    """Painting to queued, because the bot stops; the start does not count."""
    _expect(job, JobState.PAINTING)
    return interrupted(replace(job, starts=job.starts - 1), now)


def interrupted(job: Job, now: float) -> Job:
    """Painting to queued; to cancelled where a member has asked for that."""
    _expect(job, JobState.PAINTING)
    if job.cancelled_by is not None:
        return _cancelled(job, now)
    if job.starts >= MOST_STARTS:
        return _given_up(job, now)
    return replace(job, state=JobState.QUEUED)


def cancel(job: Job, actor: Member, now: float) -> Job:
    """Queued to cancelled; a painting job records the member and is cancelled by its executor."""
    _check_actor(job, actor)
    if job.state is JobState.PAINTING:
        return replace(job, cancelled_by=job.cancelled_by or actor.id)
    if job.state is JobState.QUEUED:
        return _cancelled(replace(job, cancelled_by=actor.id), now)
    raise WrongState(_("This painting is already finished, so it cannot be cancelled."))


def end(job: Job, now: float) -> Job:
    """Queued to cancelled, by nobody; a painting job is cancelled by its executor."""
    if job.state is JobState.PAINTING:
        return replace(job, cancelled_by=NOBODY if job.cancelled_by is None else job.cancelled_by)
    _expect(job, JobState.QUEUED)
    return _cancelled(replace(job, cancelled_by=NOBODY), now)


def ask_to_stop(job: Job, member_id: int) -> Job:
    """Record that a member cancels a job of another shard; its own bot will cancel it."""
    if job.state not in (JobState.QUEUED, JobState.PAINTING):
        raise WrongState(_("This painting is already finished, so it cannot be cancelled."))
    return replace(job, cancelled_by=job.cancelled_by or member_id)


def stop_as_asked(job: Job, now: float) -> Job:
    """Queued to cancelled, where a member has asked another shard's bot for that."""
    _expect(job, JobState.QUEUED)
    return _cancelled(job, now) if job.cancelled_by is not None else job


def delete_result(job: Job, actor: Member) -> Job:
    """Delete a finished painting; of a failed or cancelled one there is only its message."""
    _check_actor(job, actor)
    if job.state not in (JobState.DONE, JobState.FAILED, JobState.CANCELLED):
        raise WrongState(_("This painting is not finished, so there is nothing to delete."))
    return replace(job, result_deleted=True)


def card_posted(job: Job, channel_id: int, message_id: int) -> Job:
    """Store the id of the card."""
    delivery = replace(job.delivery, card_channel_id=channel_id, card_message_id=message_id)
    return replace(job, delivery=delivery)


def delivery_begun(job: Job, route: str, now: float) -> Job:
    """Record that a send begins."""
    delivery = replace(job.delivery, tries=job.delivery.tries + 1, route=route, tried_at=now)
    return replace(job, delivery=delivery)


def delivered(job: Job, channel_id: int, message_id: int, now: float) -> Job:
    """Delivering to done; a failed or cancelled job is settled."""
    delivery = replace(job.delivery, channel_id=channel_id, message_id=message_id, told_at=now)
    return _done(replace(job, delivery=delivery), now)


def kept(job: Job, now: float) -> Job:
    """Delivering to done, although the outcome could not be sent."""
    return _done(replace(job, delivery=replace(job.delivery, kept=True)), now)


def entry_of(before: Job, after: Job, actor: Member | None) -> JournalEntry | None:
    """Give what the moderators' log says of a change, if anything; `actor` deleted the result."""
    origin, delivery = after.origin, after.delivery
    if origin.guild_id == OUTSIDE:
        return None
    owner, number = Person(origin.member_id, origin.member_name), f"№ {after.id}"
    if before.state is JobState.DELIVERING and after.state is JobState.DONE:
        place = None
        if not origin.private and delivery.channel_id is not None and delivery.message_id:
            place = delivery.channel_id, delivery.message_id
        return JournalEntry(origin.guild_id, Deed.PAINTED, owner, what=number, place=place)
    if after.result_deleted and not before.result_deleted and after.result and actor is not None:
        by = Person(actor.id, actor.name)
        other = None if actor.id == owner.id else owner
        return JournalEntry(origin.guild_id, Deed.DELETED, by, other, number)
    stopper = after.cancelled_by
    if before.cancelled_by is None and stopper not in (None, NOBODY, owner.id):
        by = Person(stopper or NOBODY, actor.name if actor else "")
        return JournalEntry(origin.guild_id, Deed.CANCELLED, by, owner, number)
    return None


def _failed(job: Job, sentence: str, now: float) -> Job:
    return replace(job, state=JobState.FAILED, failure=str(sentence), finished_at=now)


def _given_up(job: Job, now: float) -> Job:
    with speaking(job.origin.language):
        return _failed(job, ExecutorLost().sentence, now)


def _cancelled(job: Job, now: float) -> Job:
    return replace(job, state=JobState.CANCELLED, finished_at=now)


def _done(job: Job, now: float) -> Job:
    if job.state in (JobState.QUEUED, JobState.PAINTING):
        raise WrongState(f"Painting {job.id} is still {job.state}.")
    if job.state is JobState.DELIVERING:
        return replace(job, state=JobState.DONE, finished_at=now)
    return job


def _expect(job: Job, state: JobState) -> None:
    if job.state is not state:
        raise WrongState(f"Painting {job.id} is {job.state}, not {state}.")


def _check_actor(job: Job, actor: Member) -> None:
    if job.origin.guild_id != actor.guild_id:
        raise JobNotFound(job.id)
    if actor.id != job.origin.member_id and not actor.moderates:
        raise NotAllowed
