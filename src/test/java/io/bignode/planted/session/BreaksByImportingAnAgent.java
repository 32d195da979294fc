package io.bignode.planted.session;

import io.bignode.planted.agent.Relaying;

/** Breaks the rules of its package and of an agent's. */
public record BreaksByImportingAnAgent(Relaying relaying) {}
