"""The table of acts: every command that programs may call, by its address.

The body of an act is the item its command takes. Commands that only people or the worker call (accounts,
passwords, numbering, sealing) are not here.
"""

from counterflow.api.endpoints import Act
from counterflow.api.statements import compare_statements
from counterflow.approvals.commands.ask_approvals import ask_approvals
from counterflow.approvals.commands.decide_approvals import decide_approvals
from counterflow.approvals.commands.delegate_approvals import delegate_approvals
from counterflow.approvals.commands.end_delegations import end_delegations
from counterflow.approvals.commands.withdraw_approvals import withdraw_approvals
from counterflow.backtests.commands.cancel_backtests import cancel_backtests
from counterflow.backtests.commands.start_backtests import start_backtests
from counterflow.catalog.commands.change_brands import change_brands
from counterflow.catalog.commands.change_items import change_items
from counterflow.catalog.commands.change_reasons import change_reasons
from counterflow.catalog.commands.change_suppliers import change_suppliers
from counterflow.catalog.commands.map_reasons import map_reasons
from counterflow.catalog.commands.record_brands import record_brands
from counterflow.catalog.commands.record_items import record_items
from counterflow.catalog.commands.record_reasons import record_reasons
from counterflow.catalog.commands.record_suppliers import record_suppliers
from counterflow.clocks.commands.change_calendars import change_calendars
from counterflow.clocks.commands.pause_clocks import pause_clocks
from counterflow.clocks.commands.record_calendars import record_calendars
from counterflow.clocks.commands.resume_clocks import resume_clocks
from counterflow.clocks.commands.set_causes import set_causes
from counterflow.desk.commands.erase_customers import erase_customers
from counterflow.desk.commands.keep_labels import keep_labels
from counterflow.desk.commands.queue_messages import queue_messages
from counterflow.desk.commands.raise_cases import raise_cases
from counterflow.desk.commands.record_sendings import record_sendings
from counterflow.desk.commands.switch_letters import switch_letters
from counterflow.evidence.commands.erase_documents import erase_documents
from counterflow.evidence.commands.erase_photos import erase_photos
from counterflow.evidence.commands.erase_subjects import erase_subjects
from counterflow.evidence.commands.keep_documents import keep_documents
from counterflow.evidence.commands.keep_photos import keep_photos
from counterflow.facilities.commands.change_nodes import change_nodes
from counterflow.facilities.commands.record_nodes import record_nodes
from counterflow.facilities.commands.record_totes import record_totes
from counterflow.facilities.commands.set_authority import set_authority
from counterflow.ledger.commands.close_periods import close_periods
from counterflow.ledger.commands.hold_stock import hold_stock
from counterflow.ledger.commands.keep_entities import keep_entities
from counterflow.ledger.commands.open_books import open_books
from counterflow.ledger.commands.release_holds import release_holds
from counterflow.ledger.commands.release_reservations import release_reservations
from counterflow.ledger.commands.reserve_stock import reserve_stock
from counterflow.logistics.commands.announce_parcels import announce_parcels
from counterflow.logistics.commands.observe_parcels import observe_parcels
from counterflow.orders.commands.change_channels import change_channels
from counterflow.orders.commands.link_customers import link_customers
from counterflow.orders.commands.record_channels import record_channels
from counterflow.orders.commands.record_contacts import record_contacts
from counterflow.orders.commands.record_deliveries import record_deliveries
from counterflow.orders.commands.record_orders import record_orders
from counterflow.orders.commands.record_shipments import record_shipments
from counterflow.orders.commands.record_tenders import record_tenders
from counterflow.policies.commands.activate_policies import activate_policies
from counterflow.policies.commands.draft_policies import draft_policies
from counterflow.policies.commands.edit_drafts import edit_drafts
from counterflow.policies.commands.end_policies import end_policies
from counterflow.policies.commands.end_shadows import end_shadows
from counterflow.policies.commands.review_policies import review_policies
from counterflow.policies.commands.start_shadows import start_shadows
from counterflow.policies.commands.submit_drafts import submit_drafts
from counterflow.receiving.commands.close_parcels import close_parcels
from counterflow.receiving.commands.dispose_units import dispose_units
from counterflow.receiving.commands.empty_totes import empty_totes
from counterflow.receiving.commands.inspect_units import inspect_units
from counterflow.receiving.commands.issue_plates import issue_plates
from counterflow.receiving.commands.keep_clues import keep_clues
from counterflow.receiving.commands.map_families import map_families
from counterflow.receiving.commands.match_units import match_units
from counterflow.receiving.commands.publish_plans import publish_plans
from counterflow.receiving.commands.put_away_units import put_away_units
from counterflow.receiving.commands.receive_units import receive_units
from counterflow.receiving.commands.release_units import release_units
from counterflow.receiving.commands.reopen_parcels import reopen_parcels
from counterflow.receiving.commands.reverse_disposals import reverse_disposals
from counterflow.receiving.commands.reverse_receipts import reverse_receipts
from counterflow.receiving.commands.send_back_units import send_back_units
from counterflow.receiving.commands.split_units import split_units
from counterflow.receiving.commands.undo_disposals import undo_disposals
from counterflow.receiving.commands.undo_receipts import undo_receipts
from counterflow.reconciliation.commands.adjust_stock import adjust_stock
from counterflow.reconciliation.commands.cancel_counts import cancel_counts
from counterflow.reconciliation.commands.close_counts import close_counts
from counterflow.reconciliation.commands.compare_counts import compare_counts
from counterflow.reconciliation.commands.create_counts import create_counts
from counterflow.reconciliation.commands.post_adjustments import post_adjustments
from counterflow.reconciliation.commands.record_counts import record_counts
from counterflow.recovery.commands.add_refurbishment_costs import add_refurbishment_costs
from counterflow.recovery.commands.cancel_loads import cancel_loads
from counterflow.recovery.commands.cancel_refurbishments import cancel_refurbishments
from counterflow.recovery.commands.close_loads import close_loads
from counterflow.recovery.commands.finish_refurbishments import finish_refurbishments
from counterflow.recovery.commands.load_pieces import load_pieces
from counterflow.recovery.commands.load_units import load_units
from counterflow.recovery.commands.open_lots import open_lots
from counterflow.recovery.commands.open_pallets import open_pallets
from counterflow.recovery.commands.reopen_loads import reopen_loads
from counterflow.recovery.commands.sell_lots import sell_lots
from counterflow.recovery.commands.ship_loads import ship_loads
from counterflow.recovery.commands.start_refurbishments import start_refurbishments
from counterflow.recovery.commands.unload_goods import unload_goods
from counterflow.refunds.commands.approve_early import approve_early
from counterflow.refunds.commands.cancel_replacements import cancel_replacements
from counterflow.refunds.commands.grant_goodwill import grant_goodwill
from counterflow.refunds.commands.observe_charges import observe_charges
from counterflow.refunds.commands.observe_money import observe_money
from counterflow.refunds.commands.offset_credits import offset_credits
from counterflow.refunds.commands.order_replacements import order_replacements
from counterflow.refunds.commands.release_credits import release_credits
from counterflow.refunds.commands.request_payouts import request_payouts
from counterflow.returns.commands.cancel_rmas import cancel_rmas
from counterflow.returns.commands.close_rmas import close_rmas
from counterflow.returns.commands.decide_rmas import decide_rmas
from counterflow.returns.commands.open_rmas import open_rmas
from counterflow.returns.commands.record_claims import record_claims
from counterflow.returns.commands.reopen_rmas import reopen_rmas
from counterflow.returns.commands.rescore_returns import rescore_returns
from counterflow.workqueue.commands.assign_cases import assign_cases
from counterflow.workqueue.commands.close_cases import close_cases
from counterflow.workqueue.commands.comment_cases import comment_cases
from counterflow.workqueue.commands.escalate_cases import escalate_cases
from counterflow.workqueue.commands.merge_cases import merge_cases
from counterflow.workqueue.commands.reopen_cases import reopen_cases
from counterflow.workqueue.commands.retry_deliveries import retry_deliveries
from counterflow.workqueue.commands.save_filters import drop_filters, save_filters
from counterflow.workqueue.commands.snooze_cases import snooze_cases
from counterflow.workqueue.commands.take_cases import take_cases

ACTS: list[Act] = [
    Act("/rmas", open_rmas, "returns"),
    Act("/rma-decisions", decide_rmas, "returns"),
    Act("/rma-cancellations", cancel_rmas, "returns"),
    Act("/rma-closings", close_rmas, "returns"),
    Act("/rma-reopenings", reopen_rmas, "returns"),
    Act("/rma-scores", rescore_returns, "returns"),
    Act("/claims", record_claims, "returns"),
    Act("/parcels", announce_parcels, "logistics"),
    Act("/parcel-reports", observe_parcels, "logistics"),
    Act("/units", receive_units, "receiving"),
    Act("/parcel-closings", close_parcels, "receiving"),
    Act("/parcel-reopenings", reopen_parcels, "receiving"),
    Act("/clues", keep_clues, "receiving"),
    Act("/plates", issue_plates, "receiving"),
    Act("/receipt-undos", undo_receipts, "receiving"),
    Act("/receipt-reversals", reverse_receipts, "receiving"),
    Act("/matches", match_units, "receiving"),
    Act("/splits", split_units, "receiving"),
    Act("/inspections", inspect_units, "receiving"),
    Act("/disposals", dispose_units, "receiving"),
    Act("/put-aways", put_away_units, "receiving"),
    Act("/tote-emptyings", empty_totes, "receiving"),
    Act("/disposal-reversals", reverse_disposals, "receiving"),
    Act("/disposal-undoings", undo_disposals, "receiving"),
    Act("/quarantine-releases", release_units, "receiving"),
    Act("/send-backs", send_back_units, "receiving"),
    Act("/credits", release_credits, "refunds"),
    Act("/early-approvals", approve_early, "refunds"),
    Act("/goodwill", grant_goodwill, "refunds"),
    Act("/payouts", request_payouts, "refunds"),
    Act("/replacements", order_replacements, "refunds"),
    Act("/replacement-cancellations", cancel_replacements, "refunds"),
    Act("/offsets", offset_credits, "refunds"),
    Act("/charge-reports", observe_charges, "refunds"),
    Act("/money-reports", observe_money, "refunds"),
    Act("/refurbishments", start_refurbishments, "recovery"),
    Act("/refurbishment-costs", add_refurbishment_costs, "recovery"),
    Act("/refurbishment-finishes", finish_refurbishments, "recovery"),
    Act("/refurbishment-cancellations", cancel_refurbishments, "recovery"),
    Act("/lots", open_lots, "recovery"),
    Act("/pallets", open_pallets, "recovery"),
    Act("/load-units", load_units, "recovery"),
    Act("/load-pieces", load_pieces, "recovery"),
    Act("/load-removals", unload_goods, "recovery"),
    Act("/load-closings", close_loads, "recovery"),
    Act("/load-reopenings", reopen_loads, "recovery"),
    Act("/load-cancellations", cancel_loads, "recovery"),
    Act("/lot-sales", sell_lots, "recovery"),
    Act("/load-shipments", ship_loads, "recovery"),
    Act("/statements", compare_statements, "reconciliation"),
    Act("/adjustments", post_adjustments, "reconciliation"),
    Act("/stock-adjustments", adjust_stock, "reconciliation"),
    Act("/counts", create_counts, "reconciliation"),
    Act("/count-entries", record_counts, "reconciliation"),
    Act("/count-comparisons", compare_counts, "reconciliation"),
    Act("/count-closings", close_counts, "reconciliation"),
    Act("/count-cancellations", cancel_counts, "reconciliation"),
    Act("/orders", record_orders, "orders"),
    Act("/contacts", record_contacts, "orders"),
    Act("/customer-links", link_customers, "orders"),
    Act("/tenders", record_tenders, "orders"),
    Act("/shipments", record_shipments, "orders"),
    Act("/deliveries", record_deliveries, "orders"),
    Act("/channels", record_channels, "orders"),
    Act("/channel-changes", change_channels, "orders"),
    Act("/brands", record_brands, "catalog"),
    Act("/brand-changes", change_brands, "catalog"),
    Act("/suppliers", record_suppliers, "catalog"),
    Act("/supplier-changes", change_suppliers, "catalog"),
    Act("/items", record_items, "catalog"),
    Act("/item-changes", change_items, "catalog"),
    Act("/reasons", record_reasons, "catalog"),
    Act("/reason-changes", change_reasons, "catalog"),
    Act("/reason-mappings", map_reasons, "catalog"),
    Act("/nodes", record_nodes, "facilities"),
    Act("/totes", record_totes, "facilities"),
    Act("/calendars", record_calendars, "clocks"),
    Act("/calendar-changes", change_calendars, "clocks"),
    Act("/clock-pauses", pause_clocks, "clocks"),
    Act("/clock-resumptions", resume_clocks, "clocks"),
    Act("/clock-causes", set_causes, "clocks"),
    Act("/node-changes", change_nodes, "facilities"),
    Act("/authorities", set_authority, "facilities"),
    Act("/entities", keep_entities, "ledger"),
    Act("/opening-stock", open_books, "ledger"),
    Act("/period-closings", close_periods, "ledger"),
    Act("/holds", hold_stock, "ledger"),
    Act("/hold-releases", release_holds, "ledger"),
    Act("/reservations", reserve_stock, "ledger"),
    Act("/reservation-releases", release_reservations, "ledger"),
    Act("/inspection-plans", publish_plans, "receiving"),
    Act("/inspection-plan-families", map_families, "receiving"),
    Act("/policy-drafts", draft_policies, "policies"),
    Act("/policy-edits", edit_drafts, "policies"),
    Act("/policy-submissions", submit_drafts, "policies"),
    Act("/policy-reviews", review_policies, "policies"),
    Act("/policy-activations", activate_policies, "policies"),
    Act("/policy-ends", end_policies, "policies"),
    Act("/shadows", start_shadows, "policies"),
    Act("/shadow-ends", end_shadows, "policies"),
    Act("/backtests", start_backtests, "policies"),
    Act("/backtest-cancellations", cancel_backtests, "policies"),
    Act("/approval-requests", ask_approvals, "approvals"),
    Act("/approval-decisions", decide_approvals, "approvals"),
    Act("/approval-withdrawals", withdraw_approvals, "approvals"),
    Act("/delegations", delegate_approvals, "approvals"),
    Act("/delegation-ends", end_delegations, "approvals"),
    Act("/messages", queue_messages, "desk"),
    Act("/sendings", record_sendings, "desk"),
    Act("/labels", keep_labels, "desk"),
    Act("/letter-switches", switch_letters, "desk"),
    Act("/customer-erasures", erase_customers, "privacy"),
    Act("/photos", keep_photos, "evidence"),
    Act("/documents", keep_documents, "evidence"),
    Act("/photo-erasures", erase_photos, "privacy"),
    Act("/document-erasures", erase_documents, "privacy"),
    Act("/erasures", erase_subjects, "privacy"),
    Act("/cases", raise_cases, "cases"),
    Act("/case-assignments", assign_cases, "cases"),
    Act("/case-comments", comment_cases, "cases"),
    Act("/case-closings", close_cases, "cases"),
    Act("/case-takings", take_cases, "cases"),
    Act("/case-snoozings", snooze_cases, "cases"),
    Act("/case-mergers", merge_cases, "cases"),
    Act("/case-reopenings", reopen_cases, "cases"),
    Act("/case-escalations", escalate_cases, "cases"),
    Act("/delivery-retries", retry_deliveries, "cases"),
    Act("/case-filters", save_filters, "cases"),
    Act("/case-filter-removals", drop_filters, "cases"),
]
