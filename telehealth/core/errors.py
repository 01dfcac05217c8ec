"""Refusals: understood, and will not be carried out. One tree, rendered once per kind of door.

    Refusal
    ├── NotSignedIn 401   ├── NotAllowed 403 ─ StepUpNeeded 403   ├── NotFound 404
    ├── Conflict 409      ├── TooLarge 413    ├── Invalid 422     ├── TooMany 429
    ├── Unavailable 503 ─ StorageFull 507
    └── Fault 500: never raised, only rendered

`NotFound` also means "not yours to know": a foreign id and an absent id give the same body.
Sentences are English message ids; the door translates them.
"""

from dataclasses import dataclass

from telehealth.core.i18n import N_


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one field: `pointer` is a JSON pointer such as `#/readings/0/value`."""

    pointer: str
    detail: str
    code: str = "invalid"


class Refusal(Exception):
    """Base of all refusals.

    Args:
        detail: one English sentence (a message id), without personal or health data.
        code: stable machine-readable reason; the class's slug when absent.
        errors: what is wrong with which field.
        retry_after_s: seconds after which trying again makes sense.
        params: values for named placeholders in `detail`.
    """

    status = 400
    slug = "refused"
    title = N_("This cannot be done.")

    def __init__(
        self,
        detail: str = "",
        *,
        code: str = "",
        errors: tuple[FieldError, ...] = (),
        retry_after_s: int | None = None,
        **params: object,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.slug
        self.errors = errors
        self.retry_after_s = retry_after_s
        self.params = params


class NotSignedIn(Refusal):
    """Nobody is signed in, or the sign-in has ended."""

    status = 401
    slug = "not-signed-in"
    title = N_("Please sign in.")


class NotAllowed(Refusal):
    """The actor is known and the thing is known to the actor, and still the answer is no."""

    status = 403
    slug = "not-allowed"
    title = N_("You may not do this.")


class StepUpNeeded(NotAllowed):
    """The act needs a fresh proof of who is there (at most five minutes old)."""

    slug = "reauthentication-required"
    title = N_("Please confirm with your password.")


class NotFound(Refusal):
    """Absent, or not the actor's to know about: the two answers are the same."""

    status = 404
    slug = "not-found"
    title = N_("There is nothing here.")


class Conflict(Refusal):
    """The state has changed, or someone was faster."""

    status = 409
    slug = "conflict"
    title = N_("This is no longer possible.")


class TooLarge(Refusal):
    """More than one request may carry."""

    status = 413
    slug = "too-large"
    title = N_("This is too much at once.")


class Invalid(Refusal):
    """Understood as a form, wrong in its content; `errors` says where."""

    status = 422
    slug = "invalid"
    title = N_("Please check what you entered.")


class TooMany(Refusal):
    """Asked too often; `retry_after_s` says when to come back."""

    status = 429
    slug = "too-many-requests"
    title = N_("Too many tries. Please wait.")


class Unavailable(Refusal):
    """Something we depend on is away; nothing was changed."""

    status = 503
    slug = "unavailable"
    title = N_("This is not available at the moment.")


class StorageFull(Unavailable):
    """There is no room to write; what is stored is intact."""

    status = 507
    slug = "storage-full"
    title = N_("There is no room to store this.")


class Fault(Refusal):
    """A mistake of ours. Nobody raises it: the doors use it to answer what nobody foresaw."""

    status = 500
    slug = "fault"
    title = N_("Something went wrong.")
