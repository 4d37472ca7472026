-- A draft may be reworded; what was proposed, agreed to or in force is kept as it was. Steps are never changed.
DROP TRIGGER policies_version_content ON policies_policyversion;
CREATE TRIGGER policies_version_content
    BEFORE UPDATE OF id, kind, version, content, digest, scope, examples, owner_role, revision, effective_from
    ON policies_policyversion
    FOR EACH ROW WHEN ((OLD.id, OLD.kind, OLD.version) IS DISTINCT FROM (NEW.id, NEW.kind, NEW.version)
        OR (OLD.state <> 'draft'
            AND (OLD.content, OLD.digest, OLD.scope, OLD.examples, OLD.owner_role, OLD.revision)
            IS DISTINCT FROM (NEW.content, NEW.digest, NEW.scope, NEW.examples, NEW.owner_role, NEW.revision))
        OR (OLD.state IN ('active', 'retired') AND OLD.effective_from IS DISTINCT FROM NEW.effective_from))
    EXECUTE FUNCTION policies_refuse_change();
CREATE TRIGGER policies_step_kept BEFORE UPDATE OR DELETE ON policies_policystep
    FOR EACH ROW EXECUTE FUNCTION policies_refuse_change();
