"""What refunds does. Release: `release_credits`, `approve_early`, `number_credits`. Pay: `request_payouts`.
Compensate: `grant_goodwill`.
Observe: `observe_money`.
"""
