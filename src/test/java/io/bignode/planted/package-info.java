/** Classes that break each of the import rules once, and a few that keep them, for {@link io.bignode.ImportRulesTest}. */
package io.bignode.planted;
