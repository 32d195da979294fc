package io.bignode.lease;

/** What a worker tells the head. Messages of one device arrive in the order they were sent. */
public sealed interface WorkerMessage permits LeaseRequest, LeaseReport, DeviceGone {}
