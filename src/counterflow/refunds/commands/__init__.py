"""What refunds does. Release: `release_credits`, `approve_early`, `number_credits`. Pay: `request_payouts`.
Observe: `observe_money`.
"""
