"""The tables of access: users, their roles, their API tokens."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now

from counterflow.kernel.ids import Id


class UserManager(BaseUserManager["User"]):
    """Finds a user by email however it is typed; users are made by the command `create_users`."""

    def get_by_natural_key(self, email: str | None) -> "User":
        """The user who signs in with this address."""
        return self.get(email=(email or "").strip().lower())


class User(AbstractBaseUser):
    """A member of staff, or a program acting for the company. The email is kept in lower case.

    `home_node` is the code of the node whose stations this user works at, empty for none.
    `content_hash` is the digest of what the user was created from: it tells a replay from a reuse.
    """

    id = Id()
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, default="UTC", db_default="UTC")
    is_active = models.BooleanField(default=True, db_default=True)
    home_node = models.TextField(default="", db_default="")
    version = models.IntegerField(default=1, db_default=1)
    created_at = models.DateTimeField(db_default=Now())
    content_hash = models.BinaryField()

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower(F("email"))), name="access_user_email_lower"),
            models.CheckConstraint(condition=~Q(name=""), name="access_user_name_given"),
        ]

    def __str__(self) -> str:
        return self.email


class Grant(models.Model):
    """A role held by a user; what the role may do stands in `roles.py`."""

    id = Id()
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(max_length=40)
    granted_at = models.DateTimeField()
    granted_by = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "role"], name="access_grant_once")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


class ApiToken(models.Model):
    """A key for a program. It may do what its scopes say, as long as its user may do it too."""

    id = Id()
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=12, unique=True)
    digest = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=64))
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=80)
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(scopes__len__gt=0), name="access_apitoken_scoped"),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("created_at")),
                name="access_apitoken_expires_later",
            ),
        ]

    def __str__(self) -> str:
        return f"cf_{self.prefix}"
