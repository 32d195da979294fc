package io.bignode.protocol;

/**
 * A report, and who really sent it; it counts only for that worker's own leases.
 *
 * @param worker the sender, as the connection proved it
 * @param report what it says
 */
public record Reported(String worker, LeaseReport report) implements WorkerMessage {}
