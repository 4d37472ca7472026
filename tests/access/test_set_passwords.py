"""A new password lets its user in, and the old one no longer does."""

from django.contrib.auth import authenticate
from django.contrib.auth.hashers import make_password

from counterflow.access.commands import NewUser, SetPassword, create_users, set_passwords


def test_a_new_password_replaces_the_old(ctx):
    create_users(ctx(), items=[NewUser("pass@demo.example", "P", ("clerk",), make_password("the old password"))])
    assert authenticate(username="Pass@Demo.example", password="the old password") is not None
    set_passwords(ctx(), items=[SetPassword("pass@demo.example", make_password("quite another one"))])
    assert authenticate(username="pass@demo.example", password="the old password") is None
    assert authenticate(username="pass@demo.example", password="quite another one") is not None


def test_a_user_made_without_password_cannot_sign_in(ctx):
    create_users(ctx(), items=[NewUser("none@demo.example", "N", ("clerk",))])
    for guess in ("", "!", "none"):
        assert authenticate(username="none@demo.example", password=guess) is None


def test_an_unknown_user_is_refused(ctx):
    batch = set_passwords(ctx(), items=[SetPassword("ghost@demo.example", "x")])
    assert batch.refused[0].code == "user_not_found"
