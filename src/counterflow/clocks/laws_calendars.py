"""The laws of calendars: what is kept of each version, and the openings written out for its years."""

from typing import Final

from counterflow.kernel.laws import Law

_OPENINGS: Final = "SELECT count(*) FROM clocks_opening"
_CALENDARS: Final = "SELECT count(*) FROM clocks_calendar"
_SAID: Final = (
    "zone",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "country",
    "subdivision",
    "closed_days",
    "open_days",
)
_CONTENT: Final = f"jsonb_build_object({', '.join(f'{name!r}, k.{name}' for name in _SAID)})"
_LOCAL: Final = """
SELECT o.version_id, o.year, o.opens_at, o.closes_at, v.content, z.day, z.begins,
       CASE WHEN z.ends = '00:00' THEN '24:00' ELSE z.ends END AS ends,
       to_char(z.day, 'FMday') AS weekday,
       (z.day::timestamp AT TIME ZONE v.zone) + interval '24 hours'
           = (z.day + 1)::timestamp AT TIME ZONE v.zone AS plain
FROM clocks_opening o
JOIN (SELECT id, content, content ->> 'zone' AS zone FROM clocks_calendarversion) v ON v.id = o.version_id
CROSS JOIN LATERAL (SELECT (o.opens_at AT TIME ZONE v.zone)::date AS day,
                           to_char(o.opens_at AT TIME ZONE v.zone, 'HH24:MI') AS begins,
                           to_char(o.closes_at AT TIME ZONE v.zone, 'HH24:MI') AS ends) z
"""

# A line a day; the words after a day may name another.
_CLOSED: Final = "chr(10) || ({} ->> 'closed_days')"

CALENDARS: Final[list[Law]] = [
    Law(
        "clocks.calendars_have_their_version",
        "What a calendar says now is what its current version keeps.",
        f"""
        SELECT format('calendar %s: says version %s, kept is version %s%s', k.code, k.version, coalesce(v.version, 0),
                      CASE WHEN v.content IS DISTINCT FROM {_CONTENT} THEN ', which says otherwise' ELSE '' END) AS what
        FROM clocks_calendar k LEFT JOIN clocks_calendarversion v ON v.id = k.current_id AND v.calendar_id = k.id
        WHERE v.version IS DISTINCT FROM k.version OR v.content IS DISTINCT FROM {_CONTENT}
        """,
        _CALENDARS,
    ),
    Law(
        "clocks.versions_come_from_commands",
        "Every version of a calendar was made by a command, when it says, and has a calendar and years of its own.",
        """
        SELECT format('version %s of calendar %s: made at %s by command %s', v.version, v.calendar_id, v.made_at,
                      v.command_id) AS what
        FROM clocks_calendarversion v LEFT JOIN kernel_commandrecord c ON c.id = v.command_id
        LEFT JOIN clocks_calendar k ON k.id = v.calendar_id
        WHERE c.id IS NULL OR c.at <> v.made_at OR k.id IS NULL OR v.version > k.version OR v.version < 1
           OR NOT EXISTS (SELECT FROM clocks_calendaryear y WHERE y.version_id = v.id)
        UNION ALL
        SELECT format('calendar %s was at version %s: no version is kept of it', n.code, n.version)
        FROM registry_change n WHERE n.kind = 'calendar'
          AND NOT EXISTS (SELECT FROM clocks_calendarversion v WHERE v.calendar_id = n.record_id
                          AND v.version >= n.version AND v.command_id = n.command_id)
        """,
        "SELECT count(*) FROM clocks_calendarversion",
    ),
    Law(
        "clocks.places_go_by_one_calendar",
        "A node or legal entity goes by at most one calendar, and there is such a place.",
        """
        SELECT format('%s %s: served by %s calendars, there: %s', what, code, count(*), bool_and(there)) AS what
        FROM (SELECT 'node' AS what, n AS code, EXISTS (SELECT FROM facilities_node f WHERE f.code = n) AS there
              FROM clocks_calendar k, unnest(string_to_array(k.nodes, ' ')) n
              UNION ALL
              SELECT 'entity', e, EXISTS (SELECT FROM ledger_entity f WHERE f.code = e)
              FROM clocks_calendar k, unnest(string_to_array(k.entities, ' ')) e) s
        WHERE code <> '' GROUP BY s.what, s.code HAVING count(*) > 1 OR NOT bool_and(there)
        """,
        _CALENDARS,
    ),
    Law(
        "clocks.openings_add_up",
        "Openings stand in order and apart, and each says how much was worked before it.",
        """
        SELECT format('version %s: opening at %s says %s seconds before', version_id, opens_at, before_seconds) AS what
        FROM (SELECT o.*, lag(closes_at) OVER w AS closed,
                     lag(before_seconds + extract(epoch FROM closes_at - opens_at)) OVER w AS worked
              FROM clocks_opening o WINDOW w AS (PARTITION BY version_id ORDER BY opens_at)) t
        WHERE closed > opens_at OR worked <> before_seconds OR closes_at <= opens_at
           OR before_seconds <> before_seconds / 60 * 60
        """,
        _OPENINGS,
    ),
    Law(
        "clocks.years_are_whole",
        "The openings of a year come to the seconds it says, and no year between two that are written out is missing.",
        """
        SELECT format('version %s, year %s: %s seconds, openings of %s', coalesce(y.version_id, o.version_id),
                      coalesce(y.year, o.year), coalesce(y.seconds, 0), coalesce(o.seconds, 0)) AS what
        FROM clocks_calendaryear y
        FULL JOIN (SELECT version_id, year, sum(extract(epoch FROM closes_at - opens_at))::bigint AS seconds
                   FROM clocks_opening GROUP BY 1, 2) o ON o.version_id = y.version_id AND o.year = y.year
        WHERE y.seconds IS DISTINCT FROM coalesce(o.seconds, 0)
        UNION ALL
        SELECT format('version %s: %s years from %s to %s', version_id, count(*), min(year), max(year))
        FROM clocks_calendaryear GROUP BY version_id HAVING count(*) <> max(year) - min(year) + 1
        UNION ALL
        SELECT format('version %s, year %s: made by no command, or of no version', y.version_id, y.year)
        FROM clocks_calendaryear y LEFT JOIN kernel_commandrecord c ON c.id = y.command_id
        LEFT JOIN clocks_calendarversion v ON v.id = y.version_id WHERE c.id IS NULL OR v.id IS NULL
        """,
        "SELECT count(*) FROM clocks_calendaryear",
    ),
    Law(
        "clocks.openings_are_working_hours",
        "Every opening is in the hours of its weekday or of a day that is open besides; never on a day off.",
        # Days on which the clock is set are left out: hours that are skipped or come twice read otherwise there.
        f"""
        SELECT format('version %s: open on %s from %s to %s', o.version_id, o.day, o.begins, o.ends) AS what
        FROM ({_LOCAL}) o LEFT JOIN clocks_calendaryear y ON y.version_id = o.version_id AND y.year = o.year
        WHERE o.plain AND NOT coalesce(CASE
            WHEN strpos(o.content ->> 'open_days', o.day || ' ') > 0
            THEN strpos(o.content ->> 'open_days', o.begins || '-' || o.ends) > 0
            ELSE strpos(o.content ->> o.weekday, o.begins || '-' || o.ends) > 0
                 AND strpos({_CLOSED.format("o.content")}, chr(10) || o.day) = 0 AND NOT y.holidays ? o.day::text
                 AND extract(year FROM o.day) = o.year END, false)
        UNION ALL
        SELECT format('version %s: closed on %s, which is no day off', y.version_id, d.day::date)
        FROM clocks_calendaryear y JOIN clocks_calendarversion v ON v.id = y.version_id
        CROSS JOIN LATERAL generate_series(make_date(y.year, 1, 1), make_date(y.year, 12, 31), interval '1 day') d(day)
        WHERE v.content ->> to_char(d.day, 'FMday') <> '' AND NOT y.holidays ? d.day::date::text
          AND strpos({_CLOSED.format("v.content")}, chr(10) || d.day::date) = 0
          AND (d.day AT TIME ZONE (v.content ->> 'zone')) + interval '24 hours'
              = (d.day + interval '1 day') AT TIME ZONE (v.content ->> 'zone')
          AND NOT EXISTS (SELECT FROM clocks_opening o WHERE o.version_id = y.version_id
                          AND o.opens_at >= d.day AT TIME ZONE (v.content ->> 'zone')
                          AND o.opens_at < (d.day + interval '1 day') AT TIME ZONE (v.content ->> 'zone'))
        """,
        _OPENINGS,
    ),
]
