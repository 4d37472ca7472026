"""The console's addresses."""

from django.urls import path

from counterflow.console.views import (
    books,
    cases,
    chart,
    find,
    home,
    reconciliation,
    return_actions,
    returns,
    session,
    stock,
    styleguide,
    tokens,
    units,
    users,
)

urlpatterns = [
    path("", home.home, name="home"),
    path("sign-in", session.sign_in, name="sign_in"),
    path("sign-out", session.sign_out, name="sign_out"),
    path("find", find.find, name="find"),
    path("styleguide", styleguide.styleguide, name="styleguide"),
    path("styleguide/station", styleguide.station, name="styleguide_station"),
    path("cases", cases.cases, name="cases"),
    path("cases/<int:case_id>", cases.case, name="case"),
    path("cases/<int:case_id>/assign", cases.case_assign, name="case_assign"),
    path("cases/<int:case_id>/comment", cases.case_comment, name="case_comment"),
    path("cases/<int:case_id>/close", cases.case_close, name="case_close"),
    path("returns", returns.returns, name="returns"),
    path("returns/<str:number>", returns.one, name="return"),
    path("returns/<str:number>/why", returns.why, name="return_why"),
    path("returns/<str:number>/decide", return_actions.decide, name="return_decide"),
    path("returns/<str:number>/cancel", return_actions.cancel, name="return_cancel"),
    path("returns/<str:number>/close", return_actions.close, name="return_close"),
    path("returns/<str:number>/release", return_actions.release, name="return_release"),
    path("returns/<str:number>/approve-early", return_actions.approve, name="return_approve"),
    path("returns/<str:number>/credits/<int:credit_id>/pay", return_actions.pay, name="return_pay"),
    path("bench", units.bench, name="bench"),
    path("units/<str:lpn>", units.unit, name="unit"),
    path("units/<str:lpn>/inspect", units.unit_inspect, name="unit_inspect"),
    path("units/<str:lpn>/dispose", units.unit_dispose, name="unit_dispose"),
    path("units/<str:lpn>/reverse", units.unit_reverse, name="unit_reverse"),
    path("units/<str:lpn>/send-back", units.unit_send_back, name="unit_send_back"),
    path("stock", stock.stock, name="stock"),
    path("stock/<path:sku>", stock.stock_item, name="stock_item"),
    path("ledger/tie-out", books.tie_out, name="tie_out"),
    path("ledger/trial-balance", books.trial_balance, name="trial_balance"),
    path("ledger/entries/<int:entry_id>", books.entry, name="entry"),
    path("reconciliation", reconciliation.statements, name="statements"),
    path("reconciliation/compare", reconciliation.compare, name="compare"),
    path("reconciliation/<int:statement_id>", reconciliation.statement, name="statement"),
    path("reconciliation/<int:statement_id>/post", reconciliation.post, name="statement_post"),
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
