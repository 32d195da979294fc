package io.bignode.session;

/**
 * That another node computes a session, and how far its results came here.
 *
 * @param state what whoever fetches the results wrote down of it, opaque to sessions
 * @param over  whether nothing more comes; until then the session is not drained
 */
public record Relay(String state, boolean over) {}
