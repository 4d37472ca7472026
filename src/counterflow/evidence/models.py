"""The tables of evidence: photos and documents."""

from django.db import models
from django.db.models import Q

from counterflow.kernel.ids import Id


class Photo(models.Model):
    """A photo of one subject, once for each subject and content.

    `sha256` is of the file as it was sent; `name` is where the picture made from it lies in the storage (a word
    by chance, empty once erased), `size` its bytes there. An erased photo keeps its row and nothing else.
    """

    id = Id()
    subject_kind = models.TextField()
    subject_id = models.BigIntegerField()
    sha256 = models.BinaryField()
    name = models.TextField()
    content_type = models.TextField()
    width = models.IntegerField()
    height = models.IntegerField()
    size = models.IntegerField()
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    command_id = models.BigIntegerField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject_kind", "subject_id", "sha256"], name="evidence_photo_once"),
            models.CheckConstraint(
                condition=Q(erased_at=None) & ~Q(name="") | Q(erased_at__isnull=False, name=""),
                name="evidence_photo_erased",
            ),
        ]
        indexes = [
            models.Index(fields=["subject_id", "id"], name="evidence_photo_subject"),
            models.Index(fields=["name"], name="evidence_photo_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_id} {self.id}"


class Document(models.Model):
    """A document of one subject, once for each subject and content, kept as it was sent.

    `title` is what its file was called (people's names stand there), `sort` what it is by its bytes, `name` where it
    lies in the storage. An erased document keeps its row, without title and file.
    """

    id = Id()
    subject_kind = models.TextField()
    subject_id = models.BigIntegerField()
    sha256 = models.BinaryField()
    name = models.TextField()
    title = models.TextField()
    sort = models.TextField()
    size = models.IntegerField()
    recorded_at = models.DateTimeField()
    command_id = models.BigIntegerField()
    erased_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject_kind", "subject_id", "sha256"], name="evidence_document_once"),
            models.CheckConstraint(
                condition=Q(erased_at=None) & ~Q(name="") & ~Q(title="")
                | Q(erased_at__isnull=False, name="", title=""),
                name="evidence_document_erased",
            ),
        ]
        indexes = [
            models.Index(fields=["subject_id", "id"], name="evidence_document_subject"),
            models.Index(fields=["name"], name="evidence_document_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject_id} {self.id}"
