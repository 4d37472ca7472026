"""What workqueue tells; the subject of each is the case."""

CASE_OPENED = "CaseOpened"
CASE_CLOSED = "CaseClosed"
CASE_ASSIGNED = "CaseAssigned"
CASE_REOPENED = "CaseReopened"
CASE_ESCALATED = "CaseEscalated"
