package io.bignode.session;

/**
 * Where a session stands that waits for its turn.
 *
 * @param position 1 for the next one
 * @param obstacle what it waits for
 */
public record Turn(int position, Obstacle obstacle) {}
