package io.bignode.protocol;

/** What a worker tells the head, or what is learned about it. Messages of one device arrive in the order they were sent. */
public sealed interface WorkerMessage
        permits LeaseRequest, LeaseReport, Reported, DeviceGone, DeviceHealth, WorkerHello, WorkerJoined, WorkerRefused, WorkerGone, WorkerFault {}
