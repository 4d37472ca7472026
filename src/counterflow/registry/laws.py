"""What `counterflow verify` asks of the registry."""

from typing import Final

from counterflow.kernel.laws import Law

LAWS: Final[list[Law]] = [
    Law(
        name="registry.changes_have_commands",
        meaning="Every change of master data was made by a command on record, by its actor, at its instant.",
        sql="""
            SELECT format('change %s of %s %s: command %s is not on record as told', c.id, c.kind, c.code, c.command_id)
                AS what
            FROM registry_change c
            LEFT JOIN kernel_commandrecord k
                ON k.id = c.command_id AND k.at = c.at AND k.actor = c.by AND k.source = c.source
            WHERE k.id IS NULL
        """,
        counted="SELECT count(*) FROM registry_change",
    ),
    Law(
        name="registry.changes_follow",
        meaning="Of each field of each record, every change begins with what the one before ended with.",
        sql="""
            SELECT format('%s %s: %s was %s and is told to have been %s', kind, code, field, was, old) AS what
            FROM (SELECT kind, code, field, old, kept,
                         lag(new) OVER (PARTITION BY kind, record_id, field ORDER BY version, id) AS was
                  FROM registry_change WHERE field <> '') c
            WHERE kept AND was <> old
        """,
        counted="SELECT count(*) FROM registry_change WHERE field <> ''",
    ),
    Law(
        name="registry.ended_files_keep_no_rows",
        meaning="A file that was taken over or dropped keeps none of its rows.",
        sql="""
            SELECT format('file %s is %s and has rows', i.id, i.state) AS what
            FROM registry_intakepart p JOIN registry_intake i ON i.id = p.intake_id WHERE i.state <> 'previewed'
        """,
        counted="SELECT count(*) FROM registry_intakepart",
    ),
]
