package io.bignode.lease;

import io.bignode.protocol.HeadSide;
import io.bignode.session.Sessions;

/**
 * What the parts of {@link Leases} have in common, which guards them all by its lock.
 *
 * @param sessions     whose nonces are leased
 * @param rules        how leases are sized and when they are given up
 * @param clock        by which devices are measured
 * @param broker       carries leases to the devices
 * @param policies     what fits a device, and when a result is sound
 * @param registry     the workers and devices there are
 * @param inFlight     the leases that are with devices; knows who is told of them
 * @param rates        how fast devices are
 * @param length       how long leases should take
 * @param blame        which of them fail
 * @param verification the results that wait to be verified
 */
record LeaseContext(
        Sessions sessions, LeaseRules rules, LeaseClock clock, HeadSide broker, Policies policies, WorkerRegistry registry, ActiveLeases inFlight,
        DeviceRates rates, LeaseLength length, Blame blame, Verification verification) {}
