"""The laws of the desk: every message has words that can be erased, and is sent as often as it says."""

from typing import Final

from counterflow.kernel.laws import Law

LAWS: Final[list[Law]] = [
    Law(
        "desk.messages_have_words",
        "Every message has a payload of its return, was queued by a command on record, and says when it was sent.",
        """
        SELECT format('message %s (%s)', m.id, m.state) AS what
        FROM desk_message m
        LEFT JOIN kernel_payload p ON p.id = m.payload_id AND p.kind = 'message' AND p.subject_id = m.rma_id
             AND p.reference = 'message:' || m.id
        LEFT JOIN kernel_commandrecord c ON c.id = m.command_id AND c.at = m.queued_at
        WHERE p.id IS NULL OR c.id IS NULL OR (m.state = 'sent') <> (m.sent_at IS NOT NULL)
           OR m.state NOT IN ('queued', 'sent', 'failed') OR (m.state <> 'queued' AND m.attempts = 0)
        """,
        "SELECT count(*) FROM desk_message",
    ),
    Law(
        "desk.rules_take_turns",
        "Switches of a letter's rule are numbered from one, go to and fro, and were made by a command on record.",
        """
        SELECT format('rule %s for %s, turn %s', r.occasion, r.channel_kind, r.turn) AS what
        FROM (SELECT *, row_number() OVER w AS place, lag(active) OVER w AS before, lag(id) OVER w AS earlier
              FROM desk_letterrule WINDOW w AS (PARTITION BY occasion, channel_kind ORDER BY turn)) r
        LEFT JOIN kernel_commandrecord c ON c.id = r.command_id AND c.at = r.switched_at AND c.actor = r.switched_by
        WHERE c.id IS NULL OR r.turn <> r.place OR r.before = r.active OR r.earlier > r.id
        UNION ALL
        SELECT format('message %s goes by itself, and no rule was on', m.id)
        FROM desk_message m JOIN returns_rma r ON r.id = m.rma_id JOIN orders_channel c ON c.id = r.channel_id
        WHERE m.request_ref LIKE 'by-itself:%' AND NOT EXISTS (
            SELECT FROM desk_letterrule x WHERE x.occasion = m.template AND x.channel_kind = c.kind AND x.active
               AND x.switched_at <= m.queued_at)
        """,
        "SELECT count(*) FROM desk_letterrule",
    ),
    Law(
        "desk.labels_are_kept",
        "Every label has a payload of its return and its size, a parcel of it if any, and a command on record.",
        """
        SELECT format('label %s of return %s', b.id, b.rma_id) AS what
        FROM desk_label b
        LEFT JOIN kernel_payload p ON p.id = b.payload_id AND p.kind = 'label' AND p.subject_id = b.rma_id
             AND p.reference = 'label:' || b.id
        LEFT JOIN kernel_commandrecord c ON c.id = b.command_id AND c.at = b.kept_at AND c.actor = b.kept_by
        LEFT JOIN logistics_parcel x ON x.id = b.parcel_id AND x.rma_id = b.rma_id
        WHERE p.id IS NULL OR c.id IS NULL OR (b.parcel_id IS NOT NULL AND x.id IS NULL)
           OR b.sort NOT IN ('pdf', 'png', 'zpl')
           OR p.body IS NOT NULL AND (sha256(decode(p.body ->> 'file', 'base64')) <> b.sha256
                                      OR length(decode(p.body ->> 'file', 'base64')) <> b.size)
        UNION ALL
        SELECT format('payload %s is of no label', p.id)
        FROM kernel_payload p LEFT JOIN desk_label b ON b.payload_id = p.id WHERE p.kind = 'label' AND b.id IS NULL
        """,
        "SELECT count(*) FROM desk_label",
    ),
]
