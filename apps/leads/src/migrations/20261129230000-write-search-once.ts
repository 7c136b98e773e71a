import type { MigrationInterface, QueryRunner } from 'typeorm';

// The same as in `leadWords`, which an import cuts words with.
const BETWEEN_WORDS = `!"#$%&''()*+,-./:;<=>?@[\\]^_\`{|}~¡«·»¿–—‘’‚“”„•…‹›™®©°\u00a0\u3000、。・（）\t\n\r`;
const SPACES = ' '.repeat([...BETWEEN_WORDS.replace("''", "'")].length);

// Cutting the words of a lead was a quarter of what an imported row cost the database: translate() looks for each character
// in the whole list. So an import, whose rows pass through the service anyway, brings them; everybody else leaves it to the
// trigger. Merging new rows into the index is a quarter too, and can be done beside the import that wrote them.
const STATEMENTS = [
  `ALTER TABLE leads ALTER COLUMN search DROP EXPRESSION`,
  `CREATE FUNCTION write_search() RETURNS trigger
     LANGUAGE plpgsql
     SET search_path FROM CURRENT
     AS $$ BEGIN
       NEW.search := array_to_tsvector(array_remove(string_to_array(lower(translate(
         coalesce(NEW.first_name, '') || ' ' || coalesce(NEW.last_name, '') || ' ' || coalesce(NEW.company_name, '') || ' ' ||
           coalesce(NEW.email, ''),
         '${BETWEEN_WORDS}', '${SPACES}') COLLATE "und-x-icu"), ' '), ''));
       RETURN NEW;
     END $$`,
  `CREATE TRIGGER write_search BEFORE INSERT ON leads FOR EACH ROW WHEN (NEW.search IS NULL) EXECUTE FUNCTION write_search()`,
  `CREATE TRIGGER rewrite_search BEFORE UPDATE OF first_name, last_name, company_name, email ON leads
     FOR EACH ROW EXECUTE FUNCTION write_search()`,
  // Only an index's owner may do this.
  `CREATE FUNCTION merge_search_entries() RETURNS bigint
     LANGUAGE sql SECURITY DEFINER
     SET search_path FROM CURRENT
     AS $$ SELECT gin_clean_pending_list('leads_search') $$`,
  `REVOKE EXECUTE ON FUNCTION merge_search_entries FROM PUBLIC`,
  `GRANT EXECUTE ON FUNCTION merge_search_entries TO leads_app`,
];

/** A lead's words are written with it, by whoever is cheapest at it. */
export class WriteSearchOnce20261129230000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const sql of STATEMENTS) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only.'));
  }
}
