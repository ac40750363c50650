-- The words of a name in lower case. A word ends at white space and punctuation, whose ranges are spelled out: character classes would
-- depend on the locale of the server, and the parsers of text search take hyphens, digits and addresses apart in their own ways. The
-- application splits what is searched for at the same characters: WORD_BREAK in packages/server/src/users/search.store.ts.
CREATE FUNCTION people_words(name text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 20 AS $$
BEGIN
  RETURN array_to_tsvector(array_remove(regexp_split_to_array(lower(name),
    '[\u0001-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u00A9\u00AB-\u00B4\u00B6-\u00B9\u00BB-\u00BF\u00D7\u00F7\u058A\u05BE\u060C\u2000-\u200B\u200E-\u206F\u3000-\u3004\u3008-\u3020\u3030\u30FB\uFF01-\uFF0F\uFF1A-\uFF20\uFF3B-\uFF40\uFF5B-\uFF65]+'), ''));
END
$$;

-- Search by the start of any word. Without the list of pending entries: each search would read through it. A text without a word, such
-- as `%`, is found at the start of a name, by the index that is there already.
CREATE INDEX "users_words_idx" ON "users" USING gin (people_words("name")) WITH (fastupdate = off);

-- Those who are suspended are few: without these, their list walks through everybody.
CREATE INDEX "users_suspended_idx" ON "users" ("created_at" DESC, "id" DESC) WHERE "suspended_at" IS NOT NULL;
CREATE INDEX "users_role_suspended_idx" ON "users" ("role", "created_at" DESC, "id" DESC) WHERE "suspended_at" IS NOT NULL;
