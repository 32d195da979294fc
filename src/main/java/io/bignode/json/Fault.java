package io.bignode.json;

/**
 * One thing wrong with an order, named so that its sender can mend it.
 *
 * @param field   the field's path in the JSON document, for instance {@code params.dim}; empty for the document itself
 * @param message what is wrong and what would be right
 */
public record Fault(String field, String message) {}
