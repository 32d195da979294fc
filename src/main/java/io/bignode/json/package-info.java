/**
 * Reading JSON documents: every fault of a document is named at once, with its field, and no value of it is repeated.
 *
 * <p>Invariant: nothing here knows what a document is about.
 */
@NullMarked
package io.bignode.json;

import org.jspecify.annotations.NullMarked;
