package io.bignode.planted.delivery;

import io.bignode.planted.session.store.Opened;

/** Breaks the rule that only commands open stores. */
record BreaksByOpeningAStore(Opened store) {}
