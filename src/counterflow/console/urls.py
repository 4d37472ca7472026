"""The console's addresses."""

from django.urls import path

from counterflow.console.views import cases, chart, home, session, styleguide, tokens, users

urlpatterns = [
    path("", home.home, name="home"),
    path("sign-in", session.sign_in, name="sign_in"),
    path("sign-out", session.sign_out, name="sign_out"),
    path("styleguide", styleguide.styleguide, name="styleguide"),
    path("cases", cases.cases, name="cases"),
    path("cases/<int:case_id>", cases.case, name="case"),
    path("cases/<int:case_id>/assign", cases.case_assign, name="case_assign"),
    path("cases/<int:case_id>/comment", cases.case_comment, name="case_comment"),
    path("cases/<int:case_id>/close", cases.case_close, name="case_close"),
    path("ledger/chart", chart.chart, name="chart"),
    path("users", users.users, name="users"),
    path("users/new", users.user_new, name="user_new"),
    path("users/<str:email>", users.user, name="user"),
    path("users/<str:email>/roles", users.user_roles, name="user_roles"),
    path("users/<str:email>/password", users.user_password, name="user_password"),
    path("users/<str:email>/switch", users.user_switch, name="user_switch"),
    path("tokens", tokens.tokens, name="tokens"),
    path("tokens/<str:prefix>/revoke", tokens.token_revoke, name="token_revoke"),
]

# Django looks for these names in the root address table; it imports them from here.
handler403 = "counterflow.console.views.errors.not_allowed"
handler404 = "counterflow.console.views.errors.not_found"
handler500 = "counterflow.console.views.errors.broken"
