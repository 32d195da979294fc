package io.bignode.planted.session;

import java.sql.Connection;

/** Breaks the rule that SQL stands in the store only. */
record BreaksBySpeakingSql(Connection connection) {}
