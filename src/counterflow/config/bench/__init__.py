"""The benchmark: what this machine reaches, as JSON. Never part of a test.

Measures full lives of a return (authorised, received, inspected, restocked, refund posted) one item at a
time in process, over HTTP with several clients, and in batches; the same row writes by raw SQL in the same
run; posting and importing; and all of it again after twenty times more history.
"""
