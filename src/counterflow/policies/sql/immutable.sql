-- What a policy said stays said: decisions are never changed, and neither is the content of a version.
CREATE FUNCTION policies_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% in % is refused: what was decided, and by which table, is kept as it was', TG_OP, TG_TABLE_NAME;
END $$;

CREATE TRIGGER policies_decision_kept BEFORE UPDATE OR DELETE ON policies_decision
    FOR EACH ROW EXECUTE FUNCTION policies_refuse_change();
CREATE TRIGGER policies_version_kept BEFORE DELETE ON policies_policyversion
    FOR EACH ROW EXECUTE FUNCTION policies_refuse_change();
CREATE TRIGGER policies_version_content BEFORE UPDATE OF id, kind, version, content, digest, scope, effective_from
    ON policies_policyversion
    FOR EACH ROW WHEN ((OLD.id, OLD.kind, OLD.version, OLD.content, OLD.digest, OLD.scope)
        IS DISTINCT FROM (NEW.id, NEW.kind, NEW.version, NEW.content, NEW.digest, NEW.scope)
        OR (OLD.state IN ('active', 'retired') AND OLD.effective_from IS DISTINCT FROM NEW.effective_from))
    EXECUTE FUNCTION policies_refuse_change();
